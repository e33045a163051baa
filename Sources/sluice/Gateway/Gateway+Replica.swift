import API
import Logging
import Postgres
import SQL
import Tenants

extension Gateway {
    /// nil: no replica is given.
    func replicaClient(on loop: Loop) -> Client? {
        database.replica.map { connection in
            var configuration = Client.Configuration(
                connection, name: "replica", connections: 2,
                statements: [SQL["replica.lag"]] + APIStores.replicaStatements
            ).acting(as: .api)
            // It may have been promoted, or be no replica at all.
            configuration.sessionSettings.append(("default_transaction_read_only", "on"))
            return Client(configuration, on: loop)
        }
    }

    func reads(of client: Client) -> Replica {
        Replica(client, lag: SQL["replica.lag"]) { [logger] fault, error in
            logger.warning(
                "the primary serves lists for a while, not the replica",
                metadata: ["fault": "\(fault.rawValue)", "error": "\(error)"])
        }
    }
}
