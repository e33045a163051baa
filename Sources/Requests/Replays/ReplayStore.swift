import FoundationEssentials
package import Model
package import Postgres
import SQL

/// A tenant's dead letters, and replays of many of them.
package struct ReplayStore: Sendable {
    package static let statements = [
        "replays.letters", "replays.count", "replays.start", "replays.list", "replays.cancel",
    ].map { SQL[$0] }
    /// Besides those of `DeliveryStore`.
    package static let upkeepStatements = [SQL["replays.running"], SQL["replays.advance"]]

    /// Replayed by one step, in one transaction.
    package static let stepRows: Int32 = 500
    /// Dead letters that one step looks at.
    package static let stepExamined: Int32 = 10_000
    /// Steps of one replay in a turn: with a turn a second, more than the highest rate asks for.
    static let stepsPerTurn = 4
    /// Replays taken forward in a turn. A tenant may have 8; those beyond have their turn when others have ended.
    static let replaysPerTurn: Int32 = 1_000
    /// Dead letters that a count looks at; beyond them it says that it is not exact.
    package static let counted: Int32 = 100_000

    /// What a replica is asked.
    package static let replicaStatements = [SQL["replays.letters"]]

    let client: Client
    let replica: Replica?

    /// - Parameters:
    ///   - client: has prepared the statements of its purpose.
    ///   - replica: of lists; its client has prepared `replicaStatements`.
    package init(_ client: Client, replica: Replica? = nil) {
        self.client = client
        self.replica = replica
    }

    /// A page of the tenant's dead letters, those of the newest requests first.
    package func letters(
        _ filter: DeadLetterFilter, before position: DeadLetter.Position?, limit: Int, tenant: TenantID, shard: Int16
    ) async throws -> ListPage<DeadLetter, DeadLetter.Position> {
        let rows = try await client.query(
            SQL["replays.letters"],
            Parameters(
                shard, tenant.uuid, position?.request.uuid ?? UUID(high: .max, low: .max), position?.lane ?? .max,
                filter.destination?.uuid, filter.attemptClass, filter.deadFrom, filter.deadBefore, Int32(limit + 1),
                ListBounds.examined), preferring: replica)
        var (items, examined): ([DeadLetter], DeadLetter.Position?) = ([], nil)
        for row in rows {
            if let request = try row.decode(14, as: Optional.self).map(RequestID.init) {
                examined = DeadLetter.Position(request: request, lane: try row.decode(15))
            } else {
                items.append(try DeadLetter(row))
            }
        }
        return ListPage(items, limit: limit, examined: examined, position: \.position)
    }

    /// How many a replay would take; not exact where the tenant has more than are counted.
    package func count(
        _ filter: DeadLetterFilter, tenant: TenantID, shard: Int16, examine: Int32 = Self.counted
    ) async throws -> (count: Int64, isExact: Bool) {
        let rows = try await client.query(
            SQL["replays.count"],
            Parameters(
                shard, tenant.uuid, filter.destination?.uuid, filter.attemptClass, filter.deadFrom, filter.deadBefore,
                examine))
        return (try rows.first?.decode(0) ?? 0, try rows.first?.decode(1) ?? true)
    }

    /// nil where too many of the tenant's run already.
    package func start(
        _ filter: DeadLetterFilter, ratePerSecond: Double, tenant: TenantID, shard: Int16, actor: String
    ) async throws -> ReplayTask? {
        let id = ReplayID.new()
        let rows = try await client.execute(
            SQL["replays.start"],
            Parameters(
                shard, tenant.uuid, id.uuid, filter.destination?.uuid, filter.attemptClass, filter.deadFrom,
                filter.deadBefore, ratePerSecond, actor))
        guard try rows.first?.decode(0) ?? false else { return nil }
        return try await find(id, tenant: tenant, shard: shard)
    }

    /// The tenant's replays, newest first, of those before `cursor` or all.
    package func list(
        before cursor: ReplayID?, limit: Int, tenant: TenantID, shard: Int16
    ) async throws -> ListPage<ReplayTask, ReplayID> {
        let tasks = try await list(nil, cursor, limit + 1, tenant, shard)
        return ListPage(tasks, limit: limit, examined: nil, position: \.id)
    }

    package func find(_ id: ReplayID, tenant: TenantID, shard: Int16) async throws -> ReplayTask? {
        try await list(id, nil, 1, tenant, shard).first
    }

    private func list(
        _ id: ReplayID?, _ cursor: ReplayID?, _ limit: Int, _ tenant: TenantID, _ shard: Int16
    ) async throws -> [ReplayTask] {
        try await client.query(
            SQL["replays.list"],
            Parameters(
                shard, tenant.uuid, id?.uuid, cursor?.uuid ?? UUID(high: .max, low: .max), Int32(limit))
        ).map(ReplayTask.init)
    }

    /// False where it had ended, or is unknown.
    package func cancel(_ id: ReplayID, tenant: TenantID, shard: Int16) async throws -> Bool {
        try await client.execute(SQL["replays.cancel"], Parameters(shard, tenant.uuid, id.uuid)).first?.decode(0)
            ?? false
    }
}
