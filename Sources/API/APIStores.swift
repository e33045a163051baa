package import Circuits
package import Postgres
package import Requests
package import Tenants

/// What the API reads and writes, but for the storing of requests, which has connections of its own.
///
/// All but `operators` is for one tenant at a time, within its `TenantScope`.
package struct APIStores: Sendable {
    package static let statements =
        TenantStore.statements + RequestReader.statements + RequestSteering.statements + ReplayStore.statements
        + CircuitStore.statements + HealthStore.statements

    package let tenants: TenantStore
    /// For all tenants: the operator's routes, and what the API records of its own accord.
    package let operators: TenantStore
    package let reader: RequestReader
    package let steering: RequestSteering
    package let replays: ReplayStore
    package let circuits: CircuitStore
    package let health: HealthStore

    /// - Parameters:
    ///   - client: has prepared `statements`, and acts as `DatabaseRole.api`.
    ///   - operators: has prepared those of `TenantStore`, and acts as `DatabaseRole.worker`.
    package init(_ client: Client, operators: Client, secrets: SecretBox) {
        tenants = TenantStore(client, secrets: secrets)
        self.operators = TenantStore(operators, secrets: secrets)
        reader = RequestReader(client)
        steering = RequestSteering(client)
        replays = ReplayStore(client)
        circuits = CircuitStore(client)
        health = HealthStore(client)
    }
}
