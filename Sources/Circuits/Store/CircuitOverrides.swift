import FoundationEssentials
package import Model
import Postgres
import SQL

/// What tenants and destinations lay over the gateway's default policy.
package struct CircuitOverrides: Sendable {
    private var ofTenant: [TenantID: CircuitPolicy.Overrides] = [:]
    private var ofDestination: [CircuitKey: CircuitPolicy.Overrides] = [:]

    package init() {}

    /// What is stored was validated when it was stored; where the destination's own settings contradict it since, the
    /// defaults hold.
    package func policy(_ key: CircuitKey, timeout: Duration, maxInFlight: Int) -> CircuitPolicy {
        var base = CircuitPolicy()
        base.timeout = timeout
        base.maxInFlight = maxInFlight
        if base.window <= timeout { base.window = timeout + base.bucket }
        let layers = (ofTenant[key.tenant] ?? .init(), ofDestination[key] ?? .init())
        return (try? base.applying(layers.0, layers.1)) ?? base
    }

    /// What is laid for the destination, or, where there is none, for all of the tenant's.
    package func layer(of tenant: TenantID, _ key: CircuitKey?) -> CircuitPolicy.Overrides {
        (key.map { ofDestination[$0] } ?? ofTenant[tenant]) ?? .init()
    }

    mutating func add(_ row: Row) throws {
        let key = try CircuitKey(row)
        let text = try row.decode(3, as: JSONB.self).text
        let layer = try JSONDecoder().decode(CircuitPolicy.Overrides.self, from: Data(text.utf8))
        if key.destination.uuid == CircuitStore.wholeTenant {
            ofTenant[key.tenant] = layer
        } else {
            ofDestination[key] = layer
        }
    }
}

extension CircuitStore {
    /// Stands for all destinations of a tenant.
    static let wholeTenant = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

    package func overrides() async throws -> CircuitOverrides {
        try await client.query(SQL["circuits.policies"]).reduce(into: CircuitOverrides()) { try $0.add($1) }
    }

    package func overrides(shard: Int16, tenant: TenantID) async throws -> CircuitOverrides {
        try await client.query(SQL["circuits.tenant_policies"], Parameters(shard, tenant.uuid))
            .reduce(into: CircuitOverrides()) { try $0.add($1) }
    }

    /// Validates the layer over the defaults, and stores it.
    ///
    /// - Parameter destination: nil: of all the tenant's.
    package func put(
        _ overrides: CircuitPolicy.Overrides, shard: Int16, tenant: TenantID, destination: DestinationID?
    ) async throws {
        let policy = try CircuitPolicy().applying(overrides)
        let plain = CircuitPolicy()
        var problems: [PolicyError.Problem] = []
        for (name, isAllowed) in [
            ("concurrent_probes", policy.concurrentProbes == 1), ("window_calls", policy.windowCalls == 0),
            ("bucket_s", policy.bucket == plain.bucket), ("max_in_flight", policy.maxInFlight == plain.maxInFlight),
            ("timeout_s", policy.timeout == plain.timeout),
        ] where !isAllowed {
            problems.append(.init(parameter: name, found: "set", allowed: "only in replays"))
        }
        if policy.window > plain.window {
            problems.append(.init(parameter: "window_s", found: "longer", allowed: "at most a minute"))
        }
        guard problems.isEmpty else { throw PolicyError(problems: problems) }
        let json = String(decoding: try JSONEncoder().encode(overrides), as: UTF8.self)
        _ = try await client.execute(
            SQL["circuits.put_policy"],
            Parameters(shard, tenant.uuid, destination?.uuid ?? Self.wholeTenant, JSONB(json)))
    }
}
