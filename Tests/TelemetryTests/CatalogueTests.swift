import CoreMetrics
import Foundation
import TestSupport
import Testing

@testable import Telemetry

/// What stands of metrics elsewhere, in documents, alerts and the dashboard, is of the catalogue.
@Suite(.timeLimit(.minutes(1))) struct CatalogueTests {
    private static let series: Set<String> = Set(
        Metric.catalogue.flatMap { metric in
            metric.kind == .histogram ? ["_bucket", "_sum", "_count"].map { metric.name + $0 } : [metric.name]
        })

    @Test func namesAreOne() {
        #expect(Set(Metric.catalogue.map(\.name)).count == Metric.catalogue.count)
        for metric in Metric.catalogue {
            #expect(metric.name.wholeMatch(of: /(sluice|process)_[a-z_]+/) != nil)
            #expect((metric.kind == .counter) == metric.name.hasSuffix("_total"), "\(metric.name)")
            #expect(metric.help.hasSuffix("."), "\(metric.name)")
            #expect(metric.limit == 1 || !metric.labels.isEmpty, "\(metric.name)")
        }
    }

    @Test func promtoolFindsNothingWrongWithThem() async throws {
        let registry = MetricRegistry()
        for metric in Metric.catalogue where !metric.isRead {
            let dimensions = metric.labels.map { ($0, "x") }
            switch metric.kind {
            case .counter: registry.makeCounter(label: metric.name, dimensions: dimensions).increment(by: 1)
            case .gauge: registry.makeMeter(label: metric.name, dimensions: dimensions).set(0.5)
            case .histogram: registry.makeTimer(label: metric.name, dimensions: dimensions).recordNanoseconds(1)
            }
        }
        registry.show(
            (Metric.ofBacklog + Metric.ofServer + [.listenerLag]).map { metric in
                Reading(metric: metric, values: metric.labels.map { _ in "x" }, value: 1)
            })
        let text = Exposition(registry, namesTenants: true).bytes
        try await Promtool.expect(["check", "metrics"], input: text)
        for metric in Metric.catalogue {
            #expect(String(decoding: text, as: UTF8.self).contains("\n# TYPE \(metric.name) "), "\(metric.name)")
        }
    }

    @Test func promtoolTakesTheFiles() async throws {
        try await Promtool.expect(["check", "config", Repository.path("monitoring/prometheus.yml")])
        try await Promtool.expect(["check", "rules", Repository.path("monitoring/alerts.yml")])
        try await Promtool.expect(["test", "rules", Repository.path("monitoring/alerts.test.yml")])
    }

    @Test func alertsNameOnlyWhatThereIs() throws {
        let text = try Repository.text("monitoring/alerts.yml")
        let expressions = text.split(separator: "\n").filter { $0.contains(" expr: ") }
        #expect(expressions.count > 10)
        for expression in expressions { expectKnown(String(expression)) }
        let page = try Repository.text("docs/monitoring.md")
        for match in text.matches(of: /runbook: docs\/monitoring\.md#(\w+)/) {
            #expect(page.lowercased().contains("\n### \(match.1)\n"), "\(match.1)")
        }
    }

    @Test func theDashboardLoads() async throws {
        let file = try Repository.data("monitoring/grafana/sluice.json")
        let dashboard = try JSONDecoder().decode(Dashboard.self, from: file)
        #expect(dashboard.uid == "sluice" && dashboard.schemaVersion >= 36)
        #expect(Set(dashboard.panels.map(\.id)).count == dashboard.panels.count)
        var rules = "groups:\n  - name: dashboard\n    rules:\n"
        for panel in dashboard.panels where panel.type != "row" {
            #expect(panel.gridPos.x + panel.gridPos.w <= 24)
            #expect(panel.datasource?.uid == "${datasource}")
            #expect(panel.targets?.isEmpty == false, "\(panel.title)")
            for target in panel.targets ?? [] {
                expectKnown(target.expr)
                let expression = target.expr.replacing("$__rate_interval", with: "1m")
                    .replacing("$instance", with: ".*")
                rules += """
                          - record: a:b
                            expr: '\(expression)'
                            labels: {panel: "\(panel.id)\(target.refId)"}

                    """
            }
        }
        let written = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).yml")
        try Data(rules.utf8).write(to: written)
        defer { try? FileManager.default.removeItem(at: written) }
        try await Promtool.expect(["check", "rules", "--lint=none", written.path])
    }

    @Test func thePageHasThemAll() throws {
        let page = try Repository.text("docs/monitoring.md")
        let table = Metric.catalogue.map { metric in
            let labels = metric.labels.isEmpty ? "" : metric.labels.map { "`\($0)`" }.joined(separator: ", ")
            return "| `\(metric.name)` | \(metric.kind.rawValue) | \(labels) | \(metric.help) |"
        }.joined(separator: "\n")
        #expect(page.contains(table), "put this into docs/monitoring.md:\n\(table)")
    }

    private func expectKnown(_ expression: String) {
        for match in expression.matches(of: /\b(?:sluice|process)_[a-z_]+/) {
            #expect(Self.series.contains(String(match.output)), "\(match.output) in \(expression)")
        }
    }

    private struct Dashboard: Decodable {
        struct Source: Decodable { let uid: String }
        struct Place: Decodable { let h, w, x, y: Int }
        struct Target: Decodable { let refId, expr: String }
        struct Panel: Decodable {
            let id: Int
            let type, title: String
            let gridPos: Place
            let datasource: Source?
            let targets: [Target]?
        }
        let uid: String
        let schemaVersion: Int
        let panels: [Panel]
    }
}
