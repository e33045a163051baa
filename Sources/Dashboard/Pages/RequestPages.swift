import API
import HTTPTypes
import Model
import Postgres
import Requests
import Tenants

/// `/requests`, and `/requests/{id}` with what can be done to one.
struct RequestPages {
    private static let rows = 50
    private static let section = "/requests"

    let stores: APIStores
    /// Is told of lanes in which deliveries wait again.
    let arm: @Sendable (LaneID) -> Void

    var routes: [PageRoute] {
        [
            PageRoute(
                "/requests", reads: ["id", "destination", "topic", "state", "status", "from", "to", "before"], list),
            PageRoute("/requests/{id}", show),
        ]
    }

    var actions: [ActionRoute] {
        [
            ActionRoute("/requests/{id}/cancel", cancel),
            ActionRoute("/requests/{id}/replay", fields: ["destination"], replay),
        ]
    }

    private func list(_ visit: Visit) async throws -> Page {
        let (tenant, query) = (try visit.requireTenant(), visit.query)
        if let text = query["id"], !text.isEmpty {
            guard let id = RequestID(text.filter { !$0.isWhitespace }) else {
                throw Problem(.invalidRequest, "An id is 32 hexadecimal digits with hyphens, as a 202 has it.")
            }
            throw Elsewhere(visit.link("/requests/\(id)"))
        }
        var filter = RequestFilter()
        filter.destination = try await stores.tenants.destinationID(filteredBy: query, of: tenant)
        filter.topic = query.filled("topic")
        filter.states = try query.filled("state").map { [try RequestFilter.State(chosen: $0)] } ?? []
        filter.statusClass = try query.filled("status").map { try Self.statusClass($0) }
        filter.receivedFrom = try query.moment("from")
        filter.receivedBefore = try query.moment("to")
        let page = try await stores.reader.list(
            filter, before: query["before"].flatMap { RequestID($0) }, limit: Self.rows, tenant: tenant.id,
            shard: tenant.shard)
        let kept = ["destination", "topic", "state", "status", "from", "to"]
        let next: HTML? = page.next.map { id in
            let link = visit.link("/requests", query, keeping: kept, ("before", id.description))
            let words: HTML = page.items.count < Self.rows ? "Search further back" : "Next page"
            return "<p class=\"more\"><a href=\"\(link)\">\(words)</a></p>"
        }
        let table = RequestTable(visit: visit).markup(
            "Requests", page.items,
            ifEmpty: kept.contains { query.filled($0) != nil }
                ? "None of those looked at fits." : "No request is kept. Send one to /in/DESTINATION/PATH.")
        return Page(
            "Requests", section: Self.section,
            [.still(Self.search(visit)), .live("requests", "\(table)\(next)")])
    }

    private func show(_ visit: Visit) async throws -> Page {
        let (tenant, id) = (try visit.requireTenant(), try Self.id(visit))
        guard let record = try await stores.reader.find(id, tenant: tenant.id, shard: tenant.shard) else {
            throw Self.unknown
        }
        var body: [UInt8]?
        if record.bytes <= BodyText.limit {
            body = try await stores.reader.body(id, tenant: tenant.id, shard: tenant.shard)
        }
        return Page(
            "Request \(id)", section: Self.section, heading: "Request <code>\(id.description)</code>",
            [
                .still(RequestParts.head(record)), .still(RequestParts.actions(record, visit)),
                .live("outcome", isAnnounced: true, RequestParts.outcome(record)),
                .live("deliveries", RequestParts.deliveries(record, visit)),
                .still(RequestParts.headers(record)), .still(RequestParts.body(body, of: record, visit)),
            ])
    }

    private func cancel(_ visit: Visit, _ form: Query) async throws -> String {
        let (tenant, id) = (try visit.requireTenant(), try Self.id(visit))
        let done = try await stores.steering.cancel(
            id, tenant: tenant.id, shard: tenant.shard, actor: visit.viewer.actor)
        guard let done else { throw Self.unknown }
        guard done != .init(cancelled: 0, stopping: 0) else {
            throw Problem(.deliveryState, "Every delivery of the request has ended.")
        }
        return visit.link("/requests/\(id)", ["done": Done.cancelled.rawValue])
    }

    private func replay(_ visit: Visit, _ form: Query) async throws -> String {
        let (tenant, id) = (try visit.requireTenant(), try Self.id(visit))
        var destination: Destination?
        if let name = form.filled("destination") {
            destination = visit.snapshot.destination(named: name[...], of: tenant.id)
            if destination == nil { throw Problem.unknownDestination(name) }
        }
        let answer = try await stores.steering.replay(
            id, to: destination.map { ($0.id, $0.lane(of: id, orderedBy: nil)) }, tenant: tenant.id,
            shard: tenant.shard, actor: visit.viewer.actor)
        switch answer {
        case .replayed(let lanes): for lane in lanes { arm(lane) }
        case .notEnded:
            throw Problem(.deliveryState, "No delivery has ended. Of an unrouted request, name the destination.")
        case .expired: throw Problem(.deliveryState, "The request's expires_at has passed.")
        case .unknown: throw Self.unknown
        }
        return visit.link("/requests/\(id)", ["done": Done.replayed.rawValue])
    }

    /// The body for keeping: as a file of no type, so that it never runs here.
    func download(_ visit: Visit) async throws -> Answer {
        let (tenant, id) = (try visit.requireTenant(), try Self.id(visit))
        guard let bytes = try await stores.reader.body(id, tenant: tenant.id, shard: tenant.shard) else {
            throw Self.unknown
        }
        var fields = Answer.pageFields
        fields[.contentType] = "application/octet-stream"
        fields[.contentDisposition] = "attachment; filename=\"\(id)\""
        return Answer(.ok, fields, bytes: bytes)
    }

    private static func id(_ visit: Visit) throws -> RequestID {
        guard let id = RequestID(visit["id"]) else { throw unknown }
        return id
    }

    private static var unknown: Problem { Problem(.notFound, "This tenant has no such request.") }

    static let statuses = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"]

    private static func statusClass(_ word: String) throws -> Int16 {
        guard let place = statuses.firstIndex(of: word) else { throw Problem(.invalidRequest, "Choose a status.") }
        return Int16(place)
    }

    private static func search(_ visit: Visit) -> HTML {
        let query = visit.query
        let states = RequestFilter.State.allCases.map {
            Form.Choice($0.rawValue, $0.rawValue.replacing("_", with: " "))
        }
        return """
            <form method="get" action="/requests" class="fields" role="search">\(visit.tenantField)
            \(Form.text("id", "Id", value: ""))
            \(Form.text("destination", "Destination", value: query["destination"] ?? ""))
            \(Form.text("topic", "Topic", value: query["topic"] ?? ""))
            \(Form.choice("state", "State", [.init("", "any")] + states, chosen: query["state"] ?? ""))
            \(Form.choice("status", "Last status", [.init("", "any")] + statuses.map { .init($0) }, chosen: query["status"] ?? ""))
            \(Form.text("from", "Received from", value: query["from"] ?? "", hint: "2026-01-31T09:30Z"))
            \(Form.text("to", "Received before", value: query["to"] ?? "", hint: "2026-01-31T10:00Z"))
            <p class="field"><button>Search</button></p></form>
            """
    }
}
