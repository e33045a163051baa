package import Circuits
import Cluster
package import Postgres
package import Requests
package import Tenants

/// What the API reads and writes, but for the storing of requests, which has connections of its own.
///
/// All but `operators` and `cluster` is for one tenant at a time, within its `TenantScope`.
package struct APIStores: Sendable {
    package static let statements =
        TenantStore.statements + RequestReader.statements + RequestSteering.statements + ReplayStore.statements
        + CircuitStore.statements + HealthStore.statements
    package static let operatorStatements = TenantStore.statements + ClusterStore.statements

    /// What a replica of the database is asked.
    package static let replicaStatements =
        RequestReader.replicaStatements + ReplayStore.replicaStatements + CircuitStore.replicaStatements

    package let tenants: TenantStore
    /// For all tenants: the operator's routes, and what the API records of its own accord.
    package let operators: TenantStore
    let cluster: ClusterStore
    package let reader: RequestReader
    package let steering: RequestSteering
    package let replays: ReplayStore
    package let circuits: CircuitStore
    package let health: HealthStore

    /// - Parameters:
    ///   - client: has prepared `statements`, and acts as `DatabaseRole.api`.
    ///   - operators: has prepared `operatorStatements`, and acts as `DatabaseRole.worker`.
    ///   - replica: of lists; its client has prepared `replicaStatements`, and acts as `DatabaseRole.api`.
    package init(_ client: Client, operators: Client, replica: Replica? = nil, secrets: SecretBox) {
        tenants = TenantStore(client, secrets: secrets)
        self.operators = TenantStore(operators, secrets: secrets)
        cluster = ClusterStore(operators)
        reader = RequestReader(client, replica: replica)
        steering = RequestSteering(client)
        replays = ReplayStore(client, replica: replica)
        circuits = CircuitStore(client, replica: replica)
        health = HealthStore(client)
    }
}
