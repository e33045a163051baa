import HTTPTypes
import JSON
import Model
import Requests
import Tenants

/// `GET /v1/requests`: what the tenant has sent, newest first.
struct RequestListEndpoint: Sendable {
    let reader: RequestReader

    var routes: [Route] { [.tenant(.read, .get, "/v1/requests", list)] }

    private func list(_ call: Call, _ caller: Caller) async throws -> Answer {
        let query = try call.query(
            "received_from", "received_before", "destination", "topic", "state", "status", "class", "limit", "cursor")
        let cursor = PageCursor(call, caller, query)
        let page = try await reader.list(
            try filter(query, call, caller), before: try cursor.identifier(query["cursor"]),
            limit: try query.pageLimit(), tenant: caller.tenant, shard: caller.shard)
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("requests")
            writer.array { writer in
                for summary in page.items { summary.write(to: &writer) }
            }
            writer.member("next", page.next.map { cursor.encode($0) })
        }
        return Answer(.ok, json: writer)
    }

    private func filter(_ query: Query, _ call: Call, _ caller: Caller) throws -> RequestFilter {
        var filter = RequestFilter()
        filter.receivedFrom = try query.time("received_from")
        filter.receivedBefore = try query.time("received_before")
        filter.destination = try query.destination(call, caller)
        filter.topic = query["topic"]
        filter.attemptClass = try query.attemptClass()
        if let text = query["state"] { filter.states = try RequestFilter.State.list(text) }
        if let text = query["status"] { filter.statusClass = try RequestFilter.statusClass(text) }
        return filter
    }
}

extension RequestFilter.State {
    /// Words with commas in between. Throws a `Problem`.
    fileprivate static func list(_ text: String) throws -> [Self] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
            guard let state = Self(rawValue: String(word)) else {
                let words = allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem(.invalidRequest, "state must be of \(words), with commas in between.")
            }
            return state
        }
    }
}

extension RequestFilter {
    /// Throws a `Problem`.
    fileprivate static func statusClass(_ text: String) throws -> Int16 {
        guard let place = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"].firstIndex(of: text) else {
            throw Problem(.invalidRequest, "status must be 2xx, 3xx, 4xx, 5xx, or none where no response came.")
        }
        return Int16(place)
    }
}
