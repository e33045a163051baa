package import Logging
package import Model
package import Postgres
import SQL
import ServiceLifecycle

/// The work that one process of a cluster must do: rescue of lost leases, expiry, replays, reconciliation, vacuum of the
/// queue tables, partitions, retention, removal of deleted tenants, samples of backlogs. Who does it is settled by a lease row.
package final class UpkeepLoop: Service {
    package static let statements =
        SQL.statements.filter { $0.name.hasPrefix("upkeep.") } + DeliveryStore.upkeepStatements
        + ReplayStore.upkeepStatements

    static let interval = Duration.seconds(1)
    /// Long enough that a leader is not deposed by a slow statement, short enough that a dead one is missed only briefly.
    static let lease = Duration.seconds(10)
    static let reconcileInterval = Duration.seconds(30)
    static let partitionInterval = Duration.seconds(3600)
    /// From yesterday: four days of margin, in which the leader's hourly turn has to succeed once.
    static let partitionDays: Int32 = 6

    /// How long changes of the configuration are told one by one.
    static let changesKept = Duration.seconds(3600)
    /// As far as reports of uses look back.
    static let flagUsesKept = Duration.seconds(91 * 86_400)

    private let client: Client
    private let node: Node
    private let retentionDays: Int32
    private let removalGrace: Duration
    private let logger: Logger
    private let holder = WorkerID.new()
    private let bell = Bell()

    /// - Parameters:
    ///   - client: has prepared `statements`.
    ///   - retentionDays: days for which requests and attempts are kept, if nothing live refers to them.
    ///   - removalGrace: how long after a tenant's deletion a process may still store for it: until the process has
    ///     heard of it, and then as long as ingest waits for the database.
    package init(
        _ client: Client, node: Node, retentionDays: Int32, removalGrace: Duration = .seconds(60), logger: Logger
    ) {
        self.client = client
        self.node = node
        self.retentionDays = retentionDays
        self.removalGrace = removalGrace
        self.logger = logger
    }

    /// The database was away: look at once for what its crash may have left unarmed.
    package func reconcileNow() { bell.ring() }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var lastReconcile: ContinuousClock.Instant?
            var lastPartitions: ContinuousClock.Instant?
            var sampler = DepthSampler(self.client, self.node)
            while !Task.isCancelled {
                do {
                    if try await self.isLeader() {
                        try await self.rescue()
                        try await self.expire()
                        try await ReplayStore(self.client).advance(self.node)
                        try await self.finishDeletions()
                        try await self.vacuum()
                        try await self.removeTenants()
                        if Self.isDue(lastReconcile, every: Self.reconcileInterval) {
                            _ = try await DeliveryStore(self.client).reconcile(self.node)
                            lastReconcile = .now
                        }
                        if Self.isDue(lastPartitions, every: Self.partitionInterval) {
                            try await self.keepPartitions()
                            lastPartitions = .now
                        }
                        try await sampler.sampleIfDue()
                    }
                } catch is CancellationError {
                    return
                } catch {
                    lastReconcile = nil
                    self.logger.warning("upkeep failed, trying again", metadata: ["error": "\(error)"])
                }
                await self.bell.wait(upTo: Self.interval)
            }
        }
    }

    private static func isDue(_ last: ContinuousClock.Instant?, every interval: Duration) -> Bool {
        last.map { .now - $0 >= interval } ?? true
    }

    private func isLeader() async throws -> Bool {
        let rows = try await client.execute(SQL["upkeep.lead"], Parameters("upkeep", holder.uuid, Self.lease))
        return try rows.first?.decode(0, as: Int64?.self) != nil
    }

    private func rescue() async throws {
        let count = try await DeliveryStore(client).rescue(node)
        if count > 0 { logger.notice("lost leases rescued", metadata: ["deliveries": "\(count)"]) }
    }

    /// Bounded rounds: what is left over expires with the next turn.
    private func expire() async throws {
        for _ in 0..<20 {
            guard try await DeliveryStore(client).expire(node, limit: 500).examined == 500 else { return }
        }
    }

    /// A process that has not heard of a deletion reads the configuration within ten seconds, and may then have an ingest
    /// under way for as long as its store deadline, at most five minutes.
    static let deletionGrace = Duration.seconds(330)

    private func finishDeletions() async throws {
        // Bounded rounds, as those of the keys.
        for _ in 0..<10 {
            let rows = try await client.execute(
                SQL["upkeep.finish_deletions"], Parameters(node.shards, holder.uuid, Self.deletionGrace, Int32(1_000)))
            if try rows.first?.decode(0, as: Int32.self) ?? 0 < 1_000 { break }
        }
    }

    private static let vacuums = [
        "ready": SQL["upkeep.vacuum_ready"], "in_flight": SQL["upkeep.vacuum_in_flight"],
        "lane": SQL["upkeep.vacuum_lane"],
    ]

    private func vacuum() async throws {
        for row in try await client.query(SQL["upkeep.bloated"]) {
            if let vacuum = Self.vacuums[try row.decode(0, as: String.self)] { _ = try await client.execute(vacuum) }
        }
    }

    /// Bounded batches, and a bounded number a turn: the rest of the upkeep must not wait.
    private func removeTenants() async throws {
        for _ in 0..<20 {
            let rows = try await client.execute(
                SQL["upkeep.remove_tenants"], Parameters(Int32(1_000), removalGrace))
            if try rows.first?.decode(0, as: Int32.self) ?? 0 == 0 { return }
        }
        bell.ring()
    }

    private func keepPartitions() async throws {
        _ = try await client.execute(SQL["upkeep.forget_changes"], Parameters(Self.changesKept))
        _ = try await client.execute(SQL["upkeep.forget_flag_uses"], Parameters(Self.flagUsesKept))
        _ = try await client.execute(SQL["upkeep.ensure_partitions"], Parameters(Self.partitionDays))
        let rows = try await client.execute(SQL["upkeep.drop_partitions"], Parameters(retentionDays))
        let dropped = try rows.first?.decode(0, as: [String].self) ?? []
        if !dropped.isEmpty { logger.info("days dropped", metadata: ["days": "\(dropped.joined(separator: ", "))"]) }
        // Bounded rounds: what is left over goes with the next turn.
        for _ in 0..<100 {
            let deleted = try await client.execute(SQL["upkeep.expire_keys"], Parameters(node.shards, Int32(1_000)))
            if try deleted.first?.decode(0, as: Int32.self) ?? 0 < 1_000 { break }
        }
    }
}
