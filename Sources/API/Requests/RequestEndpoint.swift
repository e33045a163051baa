import HTTPTypes
import JSON
import Model
import NIOCore
import Requests
import Tenants

/// `GET /v1/requests/{id}`, its `body`, and `POST` of `cancel` and `replay`.
struct RequestEndpoint: Sendable {
    let reader: RequestReader
    let steering: RequestSteering
    /// Is told of lanes in which deliveries wait again.
    let arm: @Sendable (LaneID) -> Void

    var routes: [Route] {
        [
            .tenant(.read, .get, "/v1/requests/{id}") { call, caller in try await show(try id(call), caller) },
            .tenant(.read, .get, "/v1/requests/{id}/body", body),
            .tenant(.manage, .post, "/v1/requests/{id}/cancel", cancel),
            .tenant(.manage, .post, "/v1/requests/{id}/replay", replay),
        ]
    }

    private func id(_ call: Call) throws -> RequestID {
        guard let id = RequestID(call["id"]) else { throw Self.unknown }
        return id
    }

    private func show(_ id: RequestID, _ caller: Caller) async throws -> Answer {
        guard let record = try await reader.find(id, tenant: caller.tenant, shard: caller.shard) else {
            throw Self.unknown
        }
        var writer = JSONWriter()
        record.write(to: &writer)
        return Answer(.ok, json: writer)
    }

    /// As a file of no type: what a tenant's callers send must not run in a browser under the gateway's name.
    private func body(_ call: Call, _ caller: Caller) async throws -> Answer {
        let id = try id(call)
        guard let bytes = try await reader.body(id, tenant: caller.tenant, shard: caller.shard) else {
            throw Self.unknown
        }
        var fields: HTTPFields = [
            .contentType: "application/octet-stream", .contentDisposition: "attachment; filename=\"\(id)\"",
        ]
        fields[.xContentTypeOptions] = "nosniff"
        return Answer(.ok, fields, body: ByteBuffer(bytes: bytes))
    }

    private func cancel(_ call: Call, _ caller: Caller) async throws -> Answer {
        let id = try id(call)
        try await call.withNoBody()
        let cancellation = try await steering.cancel(
            id, tenant: caller.tenant, shard: caller.shard, actor: "key \(caller.key)")
        guard let cancellation, let record = try await reader.find(id, tenant: caller.tenant, shard: caller.shard)
        else {
            throw Self.unknown
        }
        let isDone = record.deliveries.contains { $0.state == "cancelled" }
        guard isDone || cancellation != .init(cancelled: 0, stopping: 0) else {
            throw Problem(.deliveryState, "Every delivery of the request has ended.")
        }
        var writer = JSONWriter()
        record.write(to: &writer)
        return Answer(.ok, json: writer)
    }

    private func replay(_ call: Call, _ caller: Caller) async throws -> Answer {
        let id = try id(call)
        var name: String?
        try await call.withOptionalMembers { scanner, member in
            guard member == "destination" else { return false }
            name = try scanner.text(member)
            return true
        }
        let destination = try name.map { try call.destination(named: $0, of: caller) }
        let answer = try await steering.replay(
            id, to: destination.map { ($0.id, $0.lane(of: id, orderedBy: nil)) }, tenant: caller.tenant,
            shard: caller.shard, actor: "key \(caller.key)")
        switch answer {
        case .replayed(let lanes):
            for lane in lanes { arm(lane) }
            return try await show(id, caller)
        case .notEnded:
            throw Problem(
                .deliveryState,
                "No delivery of the request, or none to that destination, has ended. Of an unrouted one, name the destination."
            )
        case .expired: throw Problem(.deliveryState, "The request's expires_at has passed.")
        case .unknown: throw Self.unknown
        }
    }

    private static var unknown: Problem { Problem(.notFound, "This tenant has no such request.") }
}
