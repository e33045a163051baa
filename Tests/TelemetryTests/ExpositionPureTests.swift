import CoreMetrics
import Testing

@testable import Telemetry

struct ExpositionPureTests {
    private func text(_ registry: MetricRegistry, namesTenants: Bool = true) -> String {
        String(decoding: Exposition(registry, process: [], namesTenants: namesTenants).bytes, as: UTF8.self)
    }

    @Test func aCounterIsThereBeforeItsFirstEvent() {
        let registry = MetricRegistry([.requestsAccepted])
        #expect(
            text(registry).hasSuffix(
                "# TYPE sluice_requests_accepted_total counter\nsluice_requests_accepted_total 0\n"))
        registry.makeCounter(label: "sluice_requests_accepted_total", dimensions: []).increment(by: 3)
        #expect(text(registry).hasSuffix("\nsluice_requests_accepted_total 3\n"))
    }

    @Test func aHistogramCumulatesItsBuckets() {
        let metric = Metric.histogram("h_seconds", by: "who", upTo: 2, in: [0.1, 1], "H.")
        let registry = MetricRegistry([metric])
        let timer = registry.makeTimer(label: "h_seconds", dimensions: [("who", "me")])
        for nanoseconds in [50_000_000, 100_000_000, 500_000_000, 3_000_000_000] as [Int64] {
            timer.recordNanoseconds(nanoseconds)
        }
        #expect(
            text(registry) == """
                # HELP h_seconds H.
                # TYPE h_seconds histogram
                h_seconds_bucket{who="me",le="0.1"} 2
                h_seconds_bucket{who="me",le="1"} 3
                h_seconds_bucket{who="me",le="+Inf"} 4
                h_seconds_sum{who="me"} 3.65
                h_seconds_count{who="me"} 4

                """)
    }

    @Test func whatIsBeyondTheLimitIsOneSeriesAndIsCounted() {
        let metric = Metric.counter("c_total", by: "key", upTo: 2, "C.")
        let registry = MetricRegistry([metric, .seriesDropped])
        for key in ["a", "b", "c", "d", "a"] {
            registry.makeCounter(label: "c_total", dimensions: [("key", key)]).increment(by: 1)
        }
        let text = text(registry)
        #expect(text.contains("c_total{key=\"a\"} 2\nc_total{key=\"b\"} 1\nc_total{key=\"other\"} 2\n"))
        #expect(text.contains("sluice_metric_series_dropped_total 2\n"))
    }

    @Test func whatNobodyDeclaredIsPassedOver() {
        let registry = MetricRegistry([.requestsAccepted])
        registry.makeCounter(label: "of_a_library", dimensions: []).increment(by: 1)
        registry.makeTimer(label: "sluice_requests_accepted_total", dimensions: []).recordNanoseconds(1)
        #expect(!text(registry).contains("of_a_library"))
    }

    @Test func labelsAreEscaped() {
        let registry = MetricRegistry([.tenantWaiting])
        registry.show([Reading(.tenantWaiting, "a\"b\\c\nd", is: 7)])
        #expect(text(registry).hasSuffix(#"{tenant="a\"b\\c\nd"} 7"# + "\n"))
        #expect(text(registry, namesTenants: false) == "")
        // To strings, a quote with a mark above it and a line break of two signs are other characters.
        registry.show([Reading(.tenantWaiting, "a\"\u{301}b\r\n", is: 7)])
        let line = "{tenant=\"a\\\"\u{301}b\r\\n\"} 7\n".utf8
        #expect(text(registry).utf8.suffix(line.count).elementsEqual(line))
    }

    @Test func readingsAreReplacedAndBounded() {
        let registry = MetricRegistry([.tenantWaiting])
        registry.show((0..<100).map { Reading(.tenantWaiting, "t\($0)", is: 1) })
        #expect(text(registry).split(separator: "\n").count == 2 + Metric.tenantLimit)
        registry.show([])
        #expect(text(registry) == "")
    }

    /// With every series that the limits allow, each with a long name: what a scrape can cost at most, whatever the gateway
    /// holds.
    @Test func aScrapeIsSmallAndQuick() {
        let registry = MetricRegistry()
        let long = String(repeating: "x", count: 60)
        for metric in Metric.catalogue where !metric.labels.isEmpty && !metric.isRead {
            for number in 0..<metric.limit {
                let dimensions = metric.labels.map { ($0, "\(long)\(number)") }
                switch metric.kind {
                case .counter: registry.makeCounter(label: metric.name, dimensions: dimensions).increment(by: 1)
                case .gauge: registry.makeMeter(label: metric.name, dimensions: dimensions).set(1.0)
                case .histogram: registry.makeTimer(label: metric.name, dimensions: dimensions).recordNanoseconds(1)
                }
            }
        }
        _ = Exposition(registry, namesTenants: true)
        let start = ContinuousClock.now
        let bytes = Exposition(registry, namesTenants: true).bytes
        let took = ContinuousClock.now - start
        #expect(bytes.count < 1_000_000)
        // Ten times what a release build may take: tests are built without optimization, and share their processors.
        #expect(took < .milliseconds(500))
    }

    @Test func threadsLoseNothing() async {
        let registry = MetricRegistry([.commit, .deliveriesUnderWay])
        let timer = registry.makeTimer(label: Metric.commit.name, dimensions: [("batch", "requests")])
        let level = registry.makeMeter(label: Metric.deliveriesUnderWay.name, dimensions: [])
        await withDiscardingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<10_000 {
                        timer.recordNanoseconds(1_000_000_000)
                        level.increment(by: 1)
                        level.decrement(by: 1)
                    }
                }
            }
        }
        #expect(text(registry).contains("sluice_commit_seconds_sum{batch=\"requests\"} 80000\n"))
        #expect(text(registry).contains("sluice_commit_seconds_count{batch=\"requests\"} 80000\n"))
        #expect(text(registry).contains("\nsluice_deliveries_under_way 0\n"))
    }
}
