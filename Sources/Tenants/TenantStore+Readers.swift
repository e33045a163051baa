import Postgres
import SQL

extension TenantStore {
    /// Lets a login of the database read the tenant's rows, but no secrets. Throws a `PostgresError` of the server that says
    /// why not.
    package func grantReader(_ role: String, of tenant: String) async throws {
        _ = try await client.execute(SQL["tenants.grant_reader"], Parameters(tenant, role))
    }

    /// Throws a `PostgresError` of the server where the login reads no tenant.
    package func revokeReader(_ role: String) async throws {
        _ = try await client.execute(SQL["tenants.revoke_reader"], Parameters(role))
    }
}
