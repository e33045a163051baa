import HTTPTypes
import JSON
import Model
import Postgres
import Requests
import Tenants

/// Makes requests of the CloudEvents that one caller sent in one body.
struct EventIntake {
    let configuration: APIConfiguration
    let snapshot: TenantSnapshot
    let caller: Caller
    let uses: FlagUses
    /// Of the call.
    let fields: HTTPFields

    /// Bytes of one event.
    var eventLimit: Int {
        snapshot.tenant(caller.tenant)?.quotas.bodyLimit(configuration.bodyLimit) ?? configuration.bodyLimit
    }

    /// Of a batch. Throws a `JSONError` or a `Problem`.
    func request(_ bytes: [UInt8], _ range: Range<Int>) throws -> NewRequest {
        guard range.count <= eventLimit else { throw Problem.payloadTooLarge(limit: eventLimit) }
        return try request(try CloudEvent(bytes, range, contentType: CloudEvent.mediaType))
    }

    /// Throws a `Problem`.
    func request(_ event: CloudEvent) throws -> NewRequest {
        let id = RequestID.new()
        let headers = event.headers.continuing(fields)
        let message = Message(
            topic: event.topic, method: "POST", path: "", headers: headers, orderingKey: event.orderingKey,
            attributes: event.attributes)
        let gates = RouteGates(snapshot: snapshot, tenant: caller.tenant, shard: caller.shard, uses: uses)
        return try gates.request(id, for: message, body: event.body) { addressee in
            NewRequest(
                id: id, tenant: caller.tenant, addressee: addressee, method: "POST", path: "", query: nil,
                headers: headers, body: event.body, dueAt: nil, expiresAt: nil, key: event.idempotencyKey)
        }
    }
}
