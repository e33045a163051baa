import HTTPTypes
import Model
import Postgres
import Requests
import Tenants

/// What came to a source's URL and is not verified yet. Nothing of it but its signature is trusted: the fields by which
/// a keyed caller steers the gateway (`Sluice-...`, `Idempotency-Key`, `Prefer`) are not signed and mean nothing here.
final class Inbound: Sendable {
    let tenant: Tenant
    private let source: Source
    private let snapshot: TenantSnapshot
    private let fields: HTTPFields
    private let uses: FlagUses

    /// Throws a `Problem` where the token opens no source.
    init(_ token: Substring, _ fields: HTTPFields, in snapshot: TenantSnapshot, uses: FlagUses, now: Timestamp) throws {
        guard let found = snapshot.source(SourceToken(text: String(token)), now: now) else {
            // The token stays out of the answer, which may be logged.
            throw Problem(.notFound, "No source has this URL. It may have been replaced by another.")
        }
        (source, tenant) = (found.source, found.tenant)
        guard tenant.state == .active else {
            throw Problem(.tenantSuspended, "The tenant is suspended. What it has is kept; ask the gateway's operator.")
        }
        guard source.settings.fault == nil else {
            throw Problem(.notReady, "The gateway can't read the source's secrets now. Try again.").retry(after: 60)
        }
        self.snapshot = snapshot
        self.fields = fields
        self.uses = uses
        try snapshot.requireIngest(tenant, now: now)
    }

    /// Throws a `Problem`.
    func request(_ capture: Capture, now: Timestamp) throws -> NewRequest {
        let id: String?
        do {
            id = try SignatureCheck(source.settings).verify(fields, body: capture.body, now: now)
        } catch let refusal as SignatureRefusal {
            throw Problem(refusal, toleranceSeconds: source.settings.toleranceSeconds)
        }
        func request(for addressee: Addressee) -> NewRequest {
            NewRequest(
                id: capture.id, tenant: tenant.id, addressee: addressee, method: capture.method,
                path: String(capture.target.path), query: capture.target.query.map { String($0) },
                headers: capture.lines, body: capture.body, dueAt: nil, expiresAt: nil,
                key: id.map { IdempotencyKey(source: source.id, id: $0) })
        }
        switch source.settings.target {
        case .destination:
            guard let destination = source.destination.flatMap(snapshot.destination), destination.deletion == nil else {
                throw Problem(.notFound, "The source's destination has been deleted.")
            }
            return request(for: destination.addressee(of: capture.id, orderedBy: nil))
        case .topic(let topic):
            let message = Message(
                topic: topic, method: capture.method, path: String(capture.target.path), headers: capture.lines)
            let gates = RouteGates(snapshot: snapshot, tenant: tenant.id, shard: source.shard, uses: uses)
            return try gates.request(capture.id, for: message, body: capture.body, make: request)
        }
    }
}

extension Problem {
    init(_ refusal: SignatureRefusal, toleranceSeconds: Int32) {
        let detail =
            switch refusal {
            case .missing(let name): "The header \(name) is missing."
            case .repeated(let name): "The header \(name) comes more than once."
            case .malformed(let name): "The header \(name) is not what the source's scheme has there."
            case .mismatch: "The signature does not match the body and the source's secret."
            case .untimely: "The signature's time is more than \(toleranceSeconds) s off the gateway's clock."
            }
        self.init(.invalidSignature, detail)
        fields[.wwwAuthenticate] = #"Signature realm="sluice""#
    }
}
