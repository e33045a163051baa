import FoundationEssentials
import JSON
package import Model
import Postgres
import SQL

extension TenantStore {
    /// Routes of a tenant. Every process holds all of them, and a topic without a first word in common is compared with
    /// each.
    package static let routeLimit: Int32 = 1_000

    /// Makes a route, or changes the one of that name.
    ///
    /// - Parameters:
    ///   - destination: of the name that the settings have.
    ///   - expected: the version that is changed, 0 where there must be none; nil: any.
    package func putRoute(
        _ settings: RouteSettings, to destination: DestinationID, tenant: TenantID, shard: Int16, expected: Int64? = nil
    ) async throws -> Put<TopicRoute> {
        let rows = try await client.execute(
            SQL["routes.put"],
            Parameters(
                shard, tenant.uuid, RouteID.new().uuid, settings.name, settings.pattern.text, destination.uuid,
                RouteDocument.filterText(settings.filters),
                settings.flag.map { RouteDocument.document($0).text }, settings.isEnabled, expected, Self.routeLimit))
        return try Self.put(rows) { id, version in
            TopicRoute(
                tenant: tenant, id: RouteID(id), settings: settings, destination: destination, version: version)
        }
    }

    /// By name, from the given one on.
    package func routes(
        from name: String = "", limit: Int, tenant: TenantID, shard: Int16
    ) async throws -> [TopicRoute] {
        try await client.query(
            SQL["routes.of_tenant"], Parameters(shard, tenant.uuid, name, Int32(clamping: limit))
        ).map { row in
            guard let route = try TopicRoute(row) else {
                throw PostgresError(.mismatch, "a route is of a later version", statement: "routes.of_tenant")
            }
            return route
        }
    }

    /// nil where the tenant has none of that name.
    package func route(named name: String, tenant: TenantID, shard: Int16) async throws -> TopicRoute? {
        try await routes(from: name, limit: 1, tenant: tenant, shard: shard).first { $0.settings.name == name }
    }

    package func deleteRoute(
        named name: String, tenant: TenantID, shard: Int16, expected: Int64? = nil
    ) async throws -> Removal {
        try Self.removal(
            try await client.execute(SQL["routes.delete"], Parameters(shard, tenant.uuid, name, expected)))
    }
}

extension TopicRoute {
    /// nil where it is of a later version, which has patterns or filters that this one doesn't know: such a route takes
    /// nothing here, and disturbs no other.
    init?(_ row: Row) throws {
        guard let pattern = TopicPattern(try row.decode(4)), let filters = RouteDocument.filters(try row.decode(7))
        else {
            return nil
        }
        var settings = RouteSettings(name: try row.decode(3), pattern: pattern, destination: try row.decode(6))
        settings.filters = filters
        settings.isEnabled = try row.decode(8)
        if let text = try row.decode(10, as: String?.self) {
            guard let flag = RouteDocument.storedFlag(text) else { return nil }
            settings.flag = flag
        }
        self.init(
            tenant: TenantID(try row.decode(1)), id: RouteID(try row.decode(2)), settings: settings,
            destination: DestinationID(try row.decode(5)), version: try row.decode(9))
    }
}
