import HTTPTypes
import Model
import Postgres
import Tenants

/// The key that a caller shows: `Sluice-Key`, or else `Authorization: Bearer`.
enum Credentials {
    /// Throws a `Problem`.
    ///
    /// - Parameter scope: what the key must be good for.
    static func caller(
        _ fields: HTTPFields, in snapshot: TenantSnapshot, now: Timestamp, for scope: Scope
    ) throws -> (caller: Caller, tenant: Tenant) {
        guard let key = key(fields) else {
            throw Problem.unauthorized(
                "Send the key as Sluice-Key, or as Authorization: Bearer.", challenge: #"Bearer realm="sluice""#)
        }
        let found = try caller(APIKeyHash(of: key.utf8), in: snapshot, now: now)
        guard found.caller.scopes.contains(Scopes(scope)) else {
            throw Problem.insufficientScope("\"\(scope.rawValue)\"", scope: scope.rawValue)
        }
        return found
    }

    /// Of an active tenant. Throws a `Problem`.
    static func caller(
        _ hash: APIKeyHash, in snapshot: TenantSnapshot, now: Timestamp
    ) throws -> (caller: Caller, tenant: Tenant) {
        guard let found = snapshot.caller(hash, now: now) else {
            throw Problem.unauthorized(
                "The key is unknown, revoked or expired.", challenge: #"Bearer realm="sluice", error="invalid_token""#)
        }
        guard found.tenant.state == .active else {
            throw Problem(.tenantSuspended, "The tenant is suspended. What it has is kept; ask the gateway's operator.")
        }
        return found
    }

    /// Throws a `Problem` unless the operator's token is shown.
    static func requireOperator(_ fields: HTTPFields, token: OperatorToken?) throws {
        guard let token else {
            throw Problem(
                .operatorAccessOff, "Set SLUICE_OPERATOR_TOKEN or SLUICE_OPERATOR_TOKEN_FILE for `sluice serve`.")
        }
        guard let shown = key(fields) else {
            throw Problem.unauthorized(
                "Send the operator's token as Authorization: Bearer.", challenge: #"Bearer realm="sluice-operator""#)
        }
        guard token.opens(with: shown) else {
            throw Problem.unauthorized(
                "This is not the operator's token.",
                challenge: #"Bearer realm="sluice-operator", error="invalid_token""#)
        }
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
    static func known(_ name: StaticString) -> HTTPField.Name {
        guard let known = HTTPField.Name(name.description) else { preconditionFailure("\(name) is not a field name") }
        return known
    }

    static let sluiceKey = known("Sluice-Key")
    static let deliverAt = known("Sluice-Deliver-At")
    static let expiresAt = known("Sluice-Expires-At")
    static let orderingKey = known("Sluice-Ordering-Key")
    static let idempotencyKey = known("Idempotency-Key")
    static let idempotencyReplayed = known("Idempotency-Replayed")
    static let rateLimit = known("RateLimit")
    static let rateLimitPolicy = known("RateLimit-Policy")

    /// Fields of the gateway's own, which are neither stored nor forwarded.
    static let gatewayPrefix = "sluice-"
}

extension Problem {
    /// - Parameters:
    ///   - words: what the key would have to be good for, for people.
    ///   - scope: the same as RFC 6750 has it.
    static func insufficientScope(_ words: String, scope: String) -> Problem {
        var problem = Problem(.forbidden, "This needs a key of the scope \(words).")
        problem.fields[.wwwAuthenticate] =
            #"Bearer realm="sluice", error="insufficient_scope", scope="\#(scope)""#
        return problem
    }
}
