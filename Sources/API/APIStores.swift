import Circuits
package import Postgres
import Requests
package import Tenants

/// What the API reads and writes, but for the storing of requests, which has connections of its own.
package struct APIStores: Sendable {
    package static let statements =
        TenantStore.statements + RequestReader.statements + RequestSteering.statements + ReplayStore.statements
        + CircuitStore.statements + HealthStore.statements

    let tenants: TenantStore
    let reader: RequestReader
    let steering: RequestSteering
    let replays: ReplayStore
    let circuits: CircuitStore
    let health: HealthStore

    /// The client must have prepared `statements`.
    package init(_ client: Client, secrets: SecretBox) {
        tenants = TenantStore(client, secrets: secrets)
        reader = RequestReader(client)
        steering = RequestSteering(client)
        replays = ReplayStore(client)
        circuits = CircuitStore(client)
        health = HealthStore(client)
    }
}
