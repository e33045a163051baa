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

    /// Throws a `JSONError` or a `Problem`.
    func request(_ bytes: [UInt8], _ range: Range<Int>) throws -> NewRequest {
        var scanner = try JSONScanner(bytes, range)
        let envelope = try Envelope(&scanner, limits: configuration.head)
        try scanner.requireEnd()
        guard let destination = snapshot.destination(named: envelope.destination[...], of: caller.tenant) else {
            throw Problem.unknownDestination(envelope.destination)
        }
        let bodyLimit =
            snapshot.tenant(caller.tenant)?.quotas.bodyLimit(configuration.bodyLimit) ?? configuration.bodyLimit
        guard envelope.body.count <= bodyLimit else { throw Problem.payloadTooLarge(limit: bodyLimit) }
        let schedule = try Schedule(
            deliverAt: envelope.deliverAt, expiresAt: envelope.expiresAt, now: now, refusal: Envelope.refusal)
        let id = RequestID.new()
        return NewRequest(
            id: id, tenant: caller.tenant, destination: destination.id,
            lane: destination.lane(of: id, orderedBy: envelope.orderingKey), method: envelope.method,
            path: envelope.path, query: envelope.query, headers: envelope.headers,
            body: envelope.body, dueAt: schedule.dueAt, expiresAt: schedule.expiresAt, key: envelope.idempotencyKey)
    }
}
