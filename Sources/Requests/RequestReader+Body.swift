package import Model
import Postgres
import SQL

extension RequestReader {
    /// A request's body as it came, and the headers that say what it is; nil where the tenant has no such request.
    package func body(
        _ id: RequestID, tenant: TenantID, shard: Int16
    ) async throws -> (headers: HeaderLines, bytes: [UInt8])? {
        let rows = try await client.query(SQL["requests.body"], Parameters(shard, tenant.uuid, id.uuid))
        return try rows.first.map { row in
            (HeaderLines(text: try row.decode(0)), try row.decode(1, as: Bytea.self).bytes)
        }
    }
}
