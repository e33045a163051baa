import FlagEngine
import HTTPTypes
import HummingbirdCore
import JSON
import Postgres
import Tenants

/// What the gateway does for a tenant unless its operator's flags say otherwise: boolean flags of `FlagEnvironment.gateway`,
/// of these names, evaluated with the tenant's name as targeting key. One that is not there, or decides nothing, is on.
enum GatewayFeature: String, CaseIterable, Sendable {
    /// Taking requests on.
    case ingest
    /// Holding answers back until a request's outcome is known.
    case wait
}

extension TenantSnapshot {
    func has(_ feature: GatewayFeature, for tenant: Tenant, now: Timestamp) -> Bool {
        guard let flags = flags(.gateway) else { return true }
        let name = JSONValue.string(tenant.name)
        let context = EvaluationContext(gateway: ["targetingKey": name, "tenant": name])
        return flags.compiled.all.evaluate(feature.rawValue, context, at: now.microseconds / 1_000_000).bool ?? true
    }

    /// Throws a `Problem` where the tenant may not send requests now.
    func requireIngest(_ tenant: Tenant, now: Timestamp) throws {
        guard has(.ingest, for: tenant, now: now) else {
            throw Problem(
                .featureOff, "The gateway's operator has switched this off for the tenant. Nothing was stored."
            )
            .retry(after: 60)
        }
    }
}

extension Call {
    /// Throws a `Problem` where the caller's tenant may not send requests now.
    func requireIngest(_ caller: Caller) throws {
        guard let tenant = snapshot.tenant(caller.tenant) else { return }
        try snapshot.requireIngest(tenant, now: now)
    }
}

extension Preference {
    /// nil also where the tenant's callers may not wait now: a preference may be passed over.
    init?(_ fields: HTTPFields, of tenant: Tenant, in snapshot: TenantSnapshot, now: Timestamp) {
        guard let prefer = fields[.prefer], snapshot.has(.wait, for: tenant, now: now) else { return nil }
        self.init(prefer: prefer)
    }

    init?(_ call: Call, _ caller: Caller) {
        guard let tenant = call.snapshot.tenant(caller.tenant) else { return nil }
        self.init(call.request.headers, of: tenant, in: call.snapshot, now: call.now)
    }
}
