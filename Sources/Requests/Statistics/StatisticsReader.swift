package import Model
package import Postgres
import SQL

/// What overviews show: counts of traffic and samples of backlogs. No read looks at what waits.
package struct StatisticsReader: Sendable {
    package static let statements = [
        "statistics.traffic", "statistics.traffic_of_all", "statistics.depths", "statistics.depth",
        "statistics.totals",
    ].map { SQL[$0] }

    /// How far back traffic is kept: a day.
    package static let minutesKept = 1_440

    private let client: Client

    /// - Parameter client: has prepared `statements`; acts as `sluice_api` within a tenant's scope, or as
    ///   `sluice_worker` for all.
    package init(_ client: Client) { self.client = client }

    /// One element a minute up to the one that runs, oldest first.
    ///
    /// - Parameters:
    ///   - tenant: nil, as `shard` then is: all that the client may see.
    ///   - minutes: from 1 to `minutesKept`; what is outside is brought inside.
    package func traffic(of tenant: TenantID?, shard: Int16?, minutes: Int) async throws -> [TrafficMinute] {
        let minutes = Int32(min(max(1, minutes), Self.minutesKept))
        let rows =
            if let tenant, let shard {
                try await client.query(SQL["statistics.traffic"], Parameters(shard, tenant.uuid, minutes))
            } else {
                try await client.query(SQL["statistics.traffic_of_all"], Parameters(minutes))
            }
        return try rows.map { row in
            TrafficMinute(
                minute: try row.decode(0), accepted: try row.decode(1), delivered: try row.decode(2),
                retried: try row.decode(3), dead: try row.decode(4), other: try row.decode(5))
        }
    }

    /// The newest samples, the largest backlog first, of at most `limit` tenants.
    package func depths(limit: Int) async throws -> [TenantDepth] {
        let rows = try await client.query(SQL["statistics.depths"], Parameters(Int32(clamping: max(0, limit))))
        return try rows.map(TenantDepth.init)
    }

    /// nil: there is no sample of the tenant yet.
    package func depth(of tenant: TenantID, shard: Int16) async throws -> TenantDepth? {
        try await client.query(SQL["statistics.depth"], Parameters(shard, tenant.uuid)).first.map(TenantDepth.init)
    }

    /// The sum over all tenants that the client may see; nil: there is no sample yet.
    package func totals() async throws -> Depth? {
        try await client.query(SQL["statistics.totals"]).first.map { try Depth($0, from: 0) }
    }
}

extension TenantDepth {
    fileprivate init(_ row: Row) throws {
        self.init(
            tenant: TenantID(try row.decode(0)), shard: try row.decode(1), name: try row.decode(2),
            depth: try Depth(row, from: 3))
    }
}

extension Depth {
    fileprivate init(_ row: Row, from first: Int) throws {
        self.init(
            takenAt: try row.decode(first), waiting: try row.decode(first + 1), held: try row.decode(first + 2),
            isEstimate: try row.decode(first + 3), inFlight: try row.decode(first + 4),
            dead: try row.decode(first + 5), oldestDueAt: try row.decode(first + 6),
            destinations: try row.decode(first + 7), closed: try row.decode(first + 8),
            open: try row.decode(first + 9), halfOpen: try row.decode(first + 10),
            ramping: try row.decode(first + 11), paused: try row.decode(first + 12),
            forced: try row.decode(first + 13))
    }
}
