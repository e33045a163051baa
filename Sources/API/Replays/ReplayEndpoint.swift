import HTTPTypes
import JSON
import Model
import Requests
import Tenants

/// `GET /v1/replays`, `GET /v1/replays/{id}`, and `POST /v1/replays/{id}/cancel`.
struct ReplayEndpoint: Sendable {
    let store: ReplayStore

    var routes: [Route] {
        [
            .tenant(.read, .get, "/v1/replays", list),
            .tenant(.read, .get, "/v1/replays/{id}") { call, caller in try await show(try id(call), caller) },
            .tenant(.manage, .post, "/v1/replays/{id}/cancel", cancel),
        ]
    }

    private func id(_ call: Call) throws -> ReplayID {
        guard let id = ReplayID(call["id"]) else { throw Self.unknown }
        return id
    }

    private func list(_ call: Call, _ caller: Caller) async throws -> Answer {
        let query = try call.query("limit", "cursor")
        let cursor = PageCursor(call, caller, query)
        let page = try await store.list(
            before: try cursor.identifier(query["cursor"]), limit: try query.pageLimit(), tenant: caller.tenant,
            shard: caller.shard)
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("replays")
            writer.array { writer in
                for task in page.items { task.write(to: &writer) }
            }
            writer.member("next", page.next.map { cursor.encode($0) })
        }
        return Answer(.ok, json: writer)
    }

    private func show(_ id: ReplayID, _ caller: Caller) async throws -> Answer {
        guard let task = try await store.find(id, tenant: caller.tenant, shard: caller.shard) else {
            throw Self.unknown
        }
        var writer = JSONWriter()
        task.write(to: &writer)
        return Answer(.ok, json: writer)
    }

    /// One that has ended stays as it is.
    private func cancel(_ call: Call, _ caller: Caller) async throws -> Answer {
        let id = try id(call)
        try await call.withNoBody()
        _ = try await store.cancel(id, tenant: caller.tenant, shard: caller.shard)
        return try await show(id, caller)
    }

    private static var unknown: Problem { Problem(.notFound, "This tenant has no such replay.") }
}
