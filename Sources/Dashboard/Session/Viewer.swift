import API
import Model
import Postgres
import Tenants

/// Who looks at pages.
enum Viewer: Sendable {
    case tenant(Caller, Tenant)
    case `operator`

    /// Of a session whose key or token would still open one; nil: it would not.
    init?(_ session: Session, _ snapshot: TenantSnapshot, operatorToken: OperatorToken?, now: Timestamp) {
        guard session.expiresAt > now else { return nil }
        switch session.owner {
        case .operator(let fingerprint):
            guard let operatorToken, operatorToken.fingerprint == fingerprint else { return nil }
            self = .operator
        case .key(let id):
            guard let found = snapshot.caller(id, now: now), found.tenant.state == .active,
                found.caller.scopes.contains(Scopes(.read))
            else { return nil }
            self = .tenant(found.caller, found.tenant)
        }
    }

    /// As histories name them.
    var actor: String {
        switch self {
        case .tenant(let caller, _): "key \(caller.key)"
        case .operator: "operator"
        }
    }

    var mayManage: Bool {
        switch self {
        case .tenant(let caller, _): caller.scopes.contains(Scopes(.manage))
        case .operator: true
        }
    }
}
