import Circuits
import Model
import Postgres
import Tenants

/// A tenant's circuits, by the names of destinations.
struct TenantCircuits {
    let store: CircuitStore
    let health: HealthStore
    let tenants: TenantStore
    let tenant: TenantID
    let shard: Int16
    let name: String

    func key(_ destination: String) async throws -> CircuitKey {
        guard let found = try await tenants.snapshot().destination(named: destination[...], of: tenant) else {
            throw CommandError("tenant \(name) has no destination \(destination)")
        }
        return CircuitKey(shard: shard, tenant: tenant, destination: found.id)
    }
}

func withCircuits(
    _ database: DatabaseOptions, tenant name: String, _ body: (TenantCircuits) async throws -> Void
) async throws {
    let settings = Settings()
    let connection = try database.connectionSettings(settings)
    let secrets = try settings.secretBox()
    let statements = TenantStore.statements + CircuitStore.statements + HealthStore.statements
    try await withClient(connection, name: "configure", statements: statements) { client in
        let tenants = TenantStore(client, secrets: secrets)
        let tenant = try await tenants.requireTenant(named: name)
        try await body(
            TenantCircuits(
                store: CircuitStore(client), health: HealthStore(client), tenants: tenants, tenant: tenant.id,
                shard: tenant.shard, name: name))
    }
}
