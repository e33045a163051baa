package import Model
package import Postgres
import SQL

/// Writes and reads the configuration of tenants.
package struct TenantStore: Sendable {
    package static let statements = SQL.statements.filter {
        ["tenants.", "keys.", "destinations.", "routes.", "sources.", "flags.", "rollouts."].contains(
            where: $0.name.hasPrefix)
    }

    let client: Client
    let secrets: SecretBox

    /// The client must have prepared `statements`.
    package init(_ client: Client, secrets: SecretBox) {
        self.client = client
        self.secrets = secrets
    }

    /// Makes a tenant, or finds the one of that name.
    @discardableResult
    package func createTenant(named name: String) async throws -> Tenant {
        _ = try await makeTenant(named: name)
        return try await requireTenant(named: name)
    }

    /// False where there is one of that name.
    package func makeTenant(named name: String) async throws -> Bool {
        let shard = Int16.random(in: 0..<Int16(Node.shardCount))
        let rows = try await client.execute(SQL["tenants.create"], Parameters(TenantID.new().uuid, name, shard))
        return try rows.first?.decode(0) ?? false
    }

    package func tenant(named name: String) async throws -> Tenant? {
        try await client.query(SQL["tenants.find"], Parameters(name)).first.map(Tenant.init)
    }

    /// Throws `UnknownTenant`.
    package func requireTenant(named name: String) async throws -> Tenant {
        guard let tenant = try await tenant(named: name) else { throw UnknownTenant(name: name) }
        return tenant
    }

    /// By name.
    ///
    /// - Parameter after: from after this name on; empty: from the start.
    package func tenants(after: String = "", limit: Int32) async throws -> [Tenant] {
        try await client.query(SQL["tenants.list"], Parameters(after, limit)).map(Tenant.init)
    }

    /// Sets the quotas that are named. Throws `UnknownTenant`, also for a tenant that is being deleted.
    package func changeQuotas(_ change: Quotas.Change, of name: String) async throws {
        let rows = try await client.execute(
            SQL["tenants.change_quotas"], Parameters(name, change.map(\.key), change.map(\.value)))
        guard try rows.first?.decode(0) ?? false else { throw UnknownTenant(name: name) }
    }

    /// Suspends, resumes or deletes a tenant; in force when it returns. Throws `UnknownTenant`, also for one that is
    /// being deleted.
    ///
    /// - Returns: lanes whose gates may have opened: they are to be armed.
    @discardableResult
    package func setState(_ state: TenantState, of name: String) async throws -> [LaneID] {
        do {
            return try await client.execute(SQL["tenants.set_state"], Parameters(name, state.rawValue)).map {
                LaneID(shard: try $0.decode(0), number: try $0.decode(1))
            }
        } catch let error as PostgresError where error.sqlState == "P0002" {
            throw UnknownTenant(name: name)
        }
    }

    /// Deliveries that wait, are scheduled or held; it counts no further than the limit.
    package func waiting(of tenant: TenantID, shard: Int16, limit: Int64) async throws -> Int64 {
        try await client.query(SQL["tenants.waiting"], Parameters(shard, tenant.uuid, limit)).first?.decode(0) ?? 0
    }

    package func inFlight(of tenant: TenantID, shard: Int16) async throws -> Int64 {
        try await client.query(SQL["tenants.in_flight"], Parameters(shard, tenant.uuid)).first?.decode(0) ?? 0
    }

    package func version() async throws -> Int64 {
        try await client.query(SQL["tenants.version"]).first?.decode(0) ?? 0
    }
}

package struct UnknownTenant: Error, CustomStringConvertible {
    let name: String
    package var description: String { "there is no tenant \(name)" }
}
