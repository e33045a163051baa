import FlagEngine
import HTTPTypes
import JSON
import Postgres
import Tenants

/// Who evaluates flags, and which.
struct OFREPCaller: Sendable {
    let caller: Caller
    let tenant: Tenant
    /// Its key can't be kept secret: it sees what is visible to clients.
    let isClient: Bool
    let hash: APIKeyHash

    /// Throws a `Problem`.
    init(_ headers: HTTPFields, in snapshot: TenantSnapshot, now: Timestamp) throws {
        guard let shown = headers[.apiKey].map({ $0[...] }) ?? Credentials.key(headers) else {
            throw Problem.unauthorized(
                "Send the key as Authorization: Bearer, or as X-API-Key.", challenge: #"Bearer realm="sluice""#)
        }
        hash = APIKeyHash(of: shown.utf8)
        (caller, tenant) = try Credentials.caller(hash, in: snapshot, now: now)
        isClient = !caller.scopes.contains(Scopes(.read))
        guard !isClient || caller.scopes.contains(Scopes(.flagsClient)) else {
            throw Problem.insufficientScope(#""read" or "flags-client""#, scope: "read flags-client")
        }
    }

    var environment: FlagEnvironment { caller.environment }

    func flags(in snapshot: TenantSnapshot) -> FlagSet {
        guard let flags = snapshot.flags(environment)?.compiled else { return .empty }
        return isClient ? flags.clientVisible : flags.all
    }

    /// What the gateway knows counts before what the caller says.
    func context(_ attributes: JSONObject) -> EvaluationContext {
        EvaluationContext(
            attributes, gateway: ["tenant": .string(tenant.name), "environment": .string(environment.name)])
    }
}

/// The context in a request's body. What is no context counts as an empty one, as clients send that when they have none.
enum OFREPContext {
    case object(JSONObject)
    case invalid(String)

    init(_ body: [UInt8]) {
        self = .object([:])
        guard !body.isEmpty else { return }
        do {
            guard case .object(let members) = try JSONValue(parsing: body),
                case .object(let context)? = members["context"]
            else { return }
            self = .object(context)
        } catch {
            self = .invalid("The body is not JSON: \(error)")
        }
    }
}
