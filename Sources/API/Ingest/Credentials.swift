import HTTPTypes
import Model
import Postgres
import Tenants

/// The key that a caller shows: `Sluice-Key`, or else `Authorization: Bearer`.
enum Credentials {
    /// Throws a `Problem`.
    static func caller(_ fields: HTTPFields, in snapshot: TenantSnapshot, now: Timestamp) throws -> Caller {
        guard let key = key(fields) else {
            throw Problem.unauthorized(
                "Send the key as Sluice-Key, or as Authorization: Bearer.", challenge: #"Bearer realm="sluice""#)
        }
        guard let caller = snapshot.caller(APIKeyHash(of: key.utf8), now: now) else {
            throw Problem.unauthorized(
                "The key is unknown, revoked or expired.", challenge: #"Bearer realm="sluice", error="invalid_token""#)
        }
        return caller
    }

    static func key(_ fields: HTTPFields) -> Substring? {
        if let key = fields[.sluiceKey] { return key[...] }
        guard let authorization = fields[.authorization] else { return nil }
        let scheme = authorization.utf8.prefix { $0 != UInt8(ascii: " ") }
        guard Substring(scheme).lowercased() == "bearer" else { return nil }
        let key = authorization.utf8[scheme.endIndex...].drop { $0 == UInt8(ascii: " ") }
        return key.isEmpty ? nil : Substring(key)
    }
}

extension HTTPField.Name {
    private static func known(_ name: StaticString) -> HTTPField.Name {
        guard let known = HTTPField.Name(name.description) else { preconditionFailure("\(name) is not a field name") }
        return known
    }

    static let sluiceKey = known("Sluice-Key")
    static let deliverAt = known("Sluice-Deliver-At")
    static let expiresAt = known("Sluice-Expires-At")
    static let idempotencyKey = known("Idempotency-Key")
    static let idempotencyReplayed = known("Idempotency-Replayed")

    /// Fields of the gateway's own, which are neither stored nor forwarded.
    static let gatewayPrefix = "sluice-"
}
