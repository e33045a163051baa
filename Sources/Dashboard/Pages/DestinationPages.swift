import API
import Circuits
import JSON
import Model
import Postgres
import Requests
import Tenants

/// `/destinations`, and `/destinations/{name}` with what an operator does to its circuit.
struct DestinationPages {
    private static let rows = 50
    /// Of a circuit's history: a day of one that flaps.
    private static let history: Int32 = 200
    private static let section = "/destinations"

    let stores: APIStores
    /// Is told of lanes whose gate a command may have opened.
    let arm: @Sendable (LaneID) -> Void

    var routes: [PageRoute] {
        [
            PageRoute("/destinations", reads: ["search", "from"], list), PageRoute("/destinations/{name}", show),
        ]
    }

    var actions: [ActionRoute] {
        [ActionRoute("/destinations/{name}/circuit", fields: ["command", "reason", "minutes", "deliveries"], command)]
    }

    private func list(_ visit: Visit) async throws -> Page {
        let tenant = try visit.requireTenant()
        let (search, from) = (visit.query["search"] ?? "", visit.query["from"] ?? "")
        let found = try await stores.circuits.page(
            from: from, prefix: search, limit: Self.rows + 1, waitingLimit: CircuitTable.waitingLimit,
            tenant: tenant.id, shard: tenant.shard)
        let next: HTML? =
            found.count > Self.rows
            ? (found.last?.destination).map { name in
                let link = visit.link("/destinations", ["search": search, "from": name])
                return "<p class=\"more\"><a href=\"\(link)\">Next page</a></p>"
            } : nil
        let ifEmpty: HTML =
            search.isEmpty
            ? "There is no destination. Make one with: sluice destination put \(tenant.name) NAME URL"
            : "No destination's name begins with “\(search)”."
        return Page(
            "Destinations", section: Self.section,
            [
                .still(
                    """
                    <form method="get" action="/destinations" class="fields" role="search">\(visit.tenantField)
                    \(Form.text("search", "Name begins with", value: search))<p class="field"><button>Search</button></p></form>
                    """),
                .live(
                    "destinations",
                    "\(CircuitTable(visit: visit).markup("Destinations", found.prefix(Self.rows), ifEmpty: ifEmpty))\(next)"
                ),
            ])
    }

    private func show(_ visit: Visit) async throws -> Page {
        let tenant = try visit.requireTenant()
        let destination = try await find(visit, tenant)
        let key = destination.circuit
        var filter = RequestFilter()
        filter.destination = destination.id
        async let history = stores.circuits.history(key, limit: Self.history)
        async let checks = stores.health.list(of: destination.id, tenant: tenant.id, shard: tenant.shard)
        async let latest = stores.reader.list(filter, before: nil, limit: 20, tenant: tenant.id, shard: tenant.shard)
        let views = try await stores.circuits.show(shard: key.shard, tenant: key.tenant, destination: key.destination)
        guard let circuit = views.first else { throw Problem(.notFound, "The circuit is gone.") }
        let (records, health, requests) = (try await history, try await checks, try await latest)
        let name = destination.settings.name
        return Page(
            name, section: Self.section,
            [
                .live("state", isAnnounced: true, Self.state(circuit)), .live("circuit", Self.figures(circuit)),
                .still(Self.commands(visit, name)),
                .live(
                    "history",
                    """
                    <h2>The circuit's last day</h2>
                    \(CircuitStrip(records, now: visit.now, current: circuit).markup)
                    <details id="events"><summary>What happened, and why</summary>\(Self.table(records))</details>
                    """),
                .live("health", "<h2>Health checks</h2>\(Self.table(health))"),
                .live(
                    "requests",
                    """
                    <h2>Latest requests</h2>\(RequestTable(visit: visit).markup("Latest requests", requests.items))
                    <p class="more"><a href="\(visit.link("/requests", ["destination": name]))">All its requests</a> · \
                    <a href="\(visit.link("/requests", ["destination": name, "state": "held"]))">held</a> · \
                    <a href="\(visit.link("/dead-letters", ["destination": name]))">dead letters</a></p>
                    """),
                .still("<h2>Settings</h2>\(Self.settings(destination))"),
            ])
    }

    private func find(_ visit: Visit, _ tenant: Tenant) async throws -> Destination {
        let found = try await stores.tenants.destination(named: visit["name"], tenant: tenant.id, shard: tenant.shard)
        guard let found else { throw Problem.unknownDestination(visit["name"]) }
        return found
    }

    private func command(_ visit: Visit, _ form: Query) async throws -> String {
        let destination = try await find(visit, try visit.requireTenant())
        guard let command = CircuitCommand(rawValue: form["command"] ?? "") else {
            throw Problem(.invalidRequest, "Choose a command.")
        }
        let reason = form["reason"] ?? ""
        guard 1...500 ~= reason.utf8.count else {
            throw Problem(.invalidRequest, "Say why, in 1 to 500 bytes: it is kept with the circuit's history.")
        }
        let minutes = (form["minutes"] ?? "").isEmpty ? nil : try form.integer("minutes", in: 1...525_600)
        let deliveries =
            command != .limit || (form["deliveries"] ?? "").isEmpty
            ? nil : try form.integer("deliveries", in: 1...Int(Int32.max))
        let answer = try await stores.circuits.command(
            command.rawValue, destination.circuit, until: minutes.map { visit.now + .seconds($0 * 60) },
            limit: deliveries.map { Int32($0) }, actor: visit.viewer.actor, note: reason)
        guard answer == .done else { throw Problem(answer) }
        for lane in destination.lanes { arm(lane) }
        return visit.link("/destinations/" + destination.settings.name, ["done": Done.circuit.rawValue])
    }
}
