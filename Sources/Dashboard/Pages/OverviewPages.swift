import API
import Circuits
import Model
import Postgres
import Requests
import Tenants

/// `/`: how it goes. Of one tenant; to operators that have chosen none, of all.
///
/// Every figure is a sample, a sum of counters, or bounded: the page costs the same whatever waits.
struct OverviewPages {
    private static let minutes = 60
    /// Circuits that need attention, or tenants, that are shown.
    private static let rows = 50

    let stores: APIStores
    /// Of one tenant, within its scope.
    let statistics: StatisticsReader
    /// Of all tenants.
    let allStatistics: StatisticsReader

    var routes: [PageRoute] {
        [
            PageRoute("/", reads: ["name"], isOfTenant: false) { visit in
                guard let tenant = visit.tenant else { return try await all(visit) }
                return try await one(tenant, visit)
            }
        ]
    }

    private func one(_ tenant: Tenant, _ visit: Visit) async throws -> Page {
        async let traffic = statistics.traffic(of: tenant.id, shard: tenant.shard, minutes: Self.minutes)
        async let sampled = statistics.depth(of: tenant.id, shard: tenant.shard)
        let circuits = try await stores.circuits.attention(
            limit: Self.rows + 1, waitingLimit: CircuitTable.waitingLimit, tenant: tenant.id, shard: tenant.shard)
        return Page(
            "Overview", section: "/",
            [
                .live("figures", Self.tiles(try await traffic, try await sampled?.depth)),
                .live("traffic", "<h2>The last hour</h2>\(TrafficChart(minutes: try await traffic).markup)"),
                .still("<h2>Circuits that need attention</h2>"),
                .live("attention", isAnnounced: true, Self.told(circuits)),
                .live("circuits", attention(circuits, visit)),
            ])
    }

    private static func told(_ circuits: [CircuitView]) -> HTML {
        switch circuits.count {
        case 0: "<p class=\"empty\">Every circuit is closed: all destinations take deliveries.</p>"
        case 1...rows: "<p>\(circuits.count == 1 ? "One is" : "\(circuits.count) are") not simply closed.</p>"
        default: "<p>More than \(rows) are not simply closed; these have changed last.</p>"
        }
    }

    private func attention(_ circuits: [CircuitView], _ visit: Visit) -> HTML {
        guard !circuits.isEmpty else { return .empty }
        return CircuitTable(visit: visit).markup(
            "Circuits that need attention", circuits.prefix(Self.rows), ifEmpty: .empty)
    }

    private func all(_ visit: Visit) async throws -> Page {
        let name = visit.query["name"] ?? ""
        async let traffic = allStatistics.traffic(of: nil, shard: nil, minutes: Self.minutes)
        async let totals = allStatistics.totals()
        async let depths = allStatistics.depths(limit: 20)
        let tenants = try await stores.operators.tenants(after: name, limit: Int32(Self.rows))
        return Page(
            "Overview", section: "/",
            [
                .live("figures", Self.tiles(try await traffic, try await totals)),
                .live("traffic", "<h2>The last hour</h2>\(TrafficChart(minutes: try await traffic).markup)"),
                .live("depths", "<h2>Largest backlogs</h2>\(Self.table(try await depths))"),
                .still("<h2>Tenants</h2>\(Self.list(tenants, after: name))"),
            ])
    }

    /// - Parameter traffic: the last minute but one is whole: rates are of that.
    static func tiles(_ traffic: [TrafficMinute], _ depth: Depth?) -> HTML {
        let minute = traffic.dropLast().last
        let rates = [
            tile("Accepted a minute", .count(minute?.accepted ?? 0)),
            tile("Delivered a minute", .count(minute?.delivered ?? 0)),
            tile("Failed attempts a minute", .count(minute?.failed ?? 0)),
        ]
        guard let depth else {
            return """
                <div class="tiles">\(rates)</div>
                <p class="empty">No sample of the backlog was taken yet. A worker takes one every 15 seconds.</p>
                """
        }
        let about: HTML = depth.isEstimate ? "<span title=\"an estimate\">≈</span> " : .empty
        return """
            <div class="tiles">\(rates)
            \(tile("Waiting", "\(about)\(.count(depth.waiting) as HTML)"))\(tile("Held behind circuits", "\(about)\(.count(depth.held) as HTML)"))
            \(tile("Oldest due", .time(depth.oldestDueAt)))\(tile("Under way", .count(depth.inFlight)))
            \(tile("Dead letters", "\(about)\(.count(depth.dead) as HTML)"))\(tile("Destinations", .count(depth.destinations)))</div>
            <h2>Circuits by state</h2>
            <ul class="states">\(states(depth))</ul>
            <p class="sample">Backlog and circuits as of \(.time(depth.takenAt) as HTML).</p>
            """
    }

    private static func tile(_ name: String, _ value: HTML) -> HTML {
        "<dl class=\"tile\"><dt>\(name)</dt><dd>\(value)</dd></dl>\n"
    }

    private static func states(_ depth: Depth) -> HTML {
        let counts = [
            ("closed", depth.closed), ("open", depth.open), ("half_open", depth.halfOpen), ("ramping", depth.ramping),
            ("paused", depth.paused), ("forced", depth.forced),
        ]
        return counts.html { "<li>\(Badge.of($0.0)) \(.count($0.1) as HTML)</li>" }
    }

    private static func table(_ depths: [TenantDepth]) -> HTML {
        Table(
            "Largest backlogs", ["Tenant", "Waiting", "Held", "Oldest due", "Under way", "Dead", "Open circuits"],
            ifEmpty: "No sample was taken yet. A worker takes one every 15 seconds."
        ).of(depths) { item in
            [
                link(toTenant: item.name), .count(item.depth.waiting), .count(item.depth.held),
                .time(item.depth.oldestDueAt), .count(item.depth.inFlight), .count(item.depth.dead),
                .count(item.depth.open),
            ]
        }
    }

    private static func list(_ tenants: [Tenant], after name: String) -> HTML {
        let table = Table(
            "Tenants", ["Tenant", "State", "Since"], ifEmpty: "There is none. Make one with: sluice tenant create NAME"
        ).of(tenants) { tenant in
            [link(toTenant: tenant.name), Badge.of(tenant.state.rawValue), .time(tenant.createdAt)]
        }
        let next: HTML =
            tenants.count == rows
            ? "<p class=\"more\"><a href=\"/?name=\(percentEncoded(tenants.last?.name ?? ""))\">Next page</a></p>"
            : .empty
        return """
            <form method="get" action="/" class="fields" role="search">
            \(Form.text("name", "Names after", value: name))<p class="field"><button>Show</button></p></form>
            \(table)\(next)
            """
    }

    private static func link(toTenant name: String) -> HTML {
        "<a href=\"/?tenant=\(percentEncoded(name))\">\(name)</a>"
    }
}
