package import Model
package import Postgres

/// Whose rows the database shows to a task that works as `DatabaseRole.api`, and lets it change. Outside of a scope there
/// are none: who forgets it finds nothing.
package enum TenantScope {
    /// Runs the body, and its child tasks, for one tenant.
    package static func run<T>(_ tenant: TenantID, _ body: () async throws -> T) async rethrows -> T {
        try await LocalSettings.with("sluice.tenant_id", tenant.description, body)
    }
}

/// What a client's connections may do; sql/migrations/m0015_access.sql makes the roles.
package enum DatabaseRole: String, Sendable {
    /// For one tenant at a time, whose rows the policies let it see: see `TenantScope`.
    case api = "sluice_api"
    /// For all tenants: what is of no one tenant, or of many in one statement.
    case worker = "sluice_worker"
}

extension Client.Configuration {
    package func acting(as role: DatabaseRole) -> Self { taking(role: role.rawValue) }
}
