import HTTPTypes
import JSON
import Model
import Postgres
import Requests
import Tenants

/// Makes requests of the envelopes that one caller sent in one body.
struct EnvelopeIntake {
    let configuration: APIConfiguration
    let snapshot: TenantSnapshot
    let caller: Caller
    let now: Timestamp
    let uses: FlagUses
    /// Of the call.
    let fields: HTTPFields

    /// Throws a `JSONError` or a `Problem`.
    func request(_ bytes: [UInt8], _ range: Range<Int>) throws -> NewRequest {
        var scanner = try JSONScanner(bytes, range)
        let envelope = try Envelope(&scanner, limits: configuration.head)
        try scanner.requireEnd()
        let id = RequestID.new()
        let headers = envelope.headers.continuing(fields)
        let bodyLimit =
            snapshot.tenant(caller.tenant)?.quotas.bodyLimit(configuration.bodyLimit) ?? configuration.bodyLimit
        guard envelope.body.count <= bodyLimit else { throw Problem.payloadTooLarge(limit: bodyLimit) }
        let schedule = try Schedule(
            deliverAt: envelope.deliverAt, expiresAt: envelope.expiresAt, now: now, refusal: Envelope.refusal)
        func request(for addressee: Addressee) -> NewRequest {
            NewRequest(
                id: id, tenant: caller.tenant, addressee: addressee, method: envelope.method, path: envelope.path,
                query: envelope.query, headers: headers, body: envelope.body, dueAt: schedule.dueAt,
                expiresAt: schedule.expiresAt, key: envelope.idempotencyKey)
        }
        guard let topic = envelope.topic else {
            return request(for: try destination(envelope).addressee(of: id, orderedBy: envelope.orderingKey))
        }
        let message = Message(
            topic: topic, method: envelope.method, path: envelope.path, headers: headers,
            orderingKey: envelope.orderingKey)
        let gates = RouteGates(snapshot: snapshot, tenant: caller.tenant, shard: caller.shard, uses: uses)
        return try gates.request(id, for: message, body: envelope.body, make: request)
    }

    private func destination(_ envelope: Envelope) throws -> Destination {
        let name = envelope.destination ?? ""
        guard let destination = snapshot.destination(named: name[...], of: caller.tenant) else {
            throw Problem.unknownDestination(name)
        }
        return destination
    }
}
