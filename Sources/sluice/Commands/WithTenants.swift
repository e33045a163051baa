import Postgres
import Tenants

func withTenants(_ database: DatabaseOptions, _ body: (TenantStore) async throws -> Void) async throws {
    try await withTenants(database) { store, _ in try await body(store) }
}

/// - Parameter besides: statements that the client needs as well.
func withTenants(
    _ database: DatabaseOptions, besides: [Statement] = [], _ body: (TenantStore, Client) async throws -> Void
) async throws {
    let settings = try database.settings(needed: Catalogue.databaseAndKey)
    let connection = try settings.connection()
    let secrets = try settings.secretBox()
    try await withClient(connection, name: "configure", statements: TenantStore.statements + besides) { client in
        do {
            try await body(TenantStore(client, secrets: secrets), client)
        } catch let error as UnknownTenant {
            throw CommandError(error.description)
        } catch let error as TooManyKeys {
            throw CommandError(error.description)
        }
    }
}
