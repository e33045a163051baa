import Circuits
import Model
import Postgres
import Requests
import Tenants

/// A tenant's circuits, by the names of destinations.
struct TenantCircuits {
    let store: CircuitStore
    let health: HealthStore
    let deliveries: DeliveryStore
    let tenants: TenantStore
    let tenant: TenantID
    let shard: Int16
    let name: String

    func key(_ destination: String) async throws -> CircuitKey {
        CircuitKey(shard: shard, tenant: tenant, destination: try await found(destination).id)
    }

    /// A gate that has opened passes at once what waits behind it.
    func arm(_ destination: String) async throws { try await deliveries.arm(try await found(destination).lanes) }

    private func found(_ destination: String) async throws -> Destination {
        guard let found = try await tenants.snapshot().destination(named: destination[...], of: tenant) else {
            throw CommandError("tenant \(name) has no destination \(destination)")
        }
        return found
    }
}

func withCircuits(
    _ database: DatabaseOptions, tenant name: String, _ body: (TenantCircuits) async throws -> Void
) async throws {
    let settings = try database.settings(needed: Catalogue.databaseAndKey)
    let connection = try settings.connection()
    let secrets = try settings.secretBox()
    let statements = TenantStore.statements + CircuitStore.statements + HealthStore.statements + ArmLoop.statements
    try await withClient(connection, name: "configure", statements: statements) { client in
        let tenants = TenantStore(client, secrets: secrets)
        let tenant = try await tenants.requireTenant(named: name)
        try await body(
            TenantCircuits(
                store: CircuitStore(client), health: HealthStore(client),
                deliveries: DeliveryStore(client), tenants: tenants, tenant: tenant.id,
                shard: tenant.shard, name: name))
    }
}
