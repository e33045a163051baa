package import Model
import Postgres
import SQL

extension RequestReader {
    /// A request's body as it came; nil where the tenant has no such request.
    package func body(_ id: RequestID, tenant: TenantID, shard: Int16) async throws -> [UInt8]? {
        let rows = try await client.query(SQL["requests.body"], Parameters(shard, tenant.uuid, id.uuid))
        return try rows.first?.decode(0, as: Bytea.self).bytes
    }
}
