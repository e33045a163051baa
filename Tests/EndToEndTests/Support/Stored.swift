import Postgres
import TestSupport

/// Bodies of the requests that a database has, each as often as it is stored.
func storedBodies(_ connectionString: String) async throws -> [String: Int] {
    try await withClients(of: connectionString) { database in
        let bodies = Statement("SELECT convert_from(body, 'UTF8'), count(*) FROM sluice.request GROUP BY 1")
        let rows = try await database.client().query(bodies)
        return try rows.reduce(into: [:]) { $0[try $1.decode(0)] = Int(try $1.decode(1, as: Int64.self)) }
    }
}
