package import Model
package import Postgres
import SQL

/// Claims deliveries and records what became of them.
package struct DeliveryStore: Sendable {
    package static let claimStatements = [
        SQL["deliveries.claim"], SQL["deliveries.claim_probe"], SQL["deliveries.arm"], SQL["deliveries.arm_due"],
    ]
    package static let reportStatements = [SQL["deliveries.report"], SQL["deliveries.tell"]]
    package static let upkeepStatements = [
        SQL["deliveries.rescue"], SQL["deliveries.reconcile"], SQL["deliveries.arm"], SQL["deliveries.expire"],
    ]

    private let client: Client

    /// The client must have prepared the statements of its purpose.
    package init(_ client: Client) { self.client = client }

    package struct ClaimLimits: Sendable {
        /// Lanes that one claim locks.
        package var lanes: Int32 = 16
        /// Deliveries that it may take from one lane before the next has its turn.
        package var quantum: Int32 = 128
        package var rows: Int32 = 256
        package var bytes: Int64 = 8 << 20
        /// Tenants from which nothing is taken.
        package var leavingOut: [TenantID] = []

        package init() {}
    }

    package struct Claim: Sendable {
        package var deliveries: [Delivery] = []
        /// Lanes that have nothing more to give for now, and are not armed any more. They must be armed once more, after
        /// the claim: work may have come in between.
        package var disarmed: [LaneID] = []
        /// Nothing was claimed, and yet lanes of the shard can run: others have locked them, their tenants were left out,
        /// or they were more than one claim locks.
        package var leavesLanes = false
    }

    /// Claims due deliveries of a shard.
    package func claim(shard: Int16, worker: WorkerID, limits: ClaimLimits) async throws -> Claim {
        let token = Int64.random(in: .min ... .max)
        let rows = try await client.execute(
            SQL["deliveries.claim"],
            Parameters(
                shard, worker.uuid, token, limits.lanes, limits.rows, limits.bytes, limits.quantum,
                limits.leavingOut.map(\.uuid)))
        var claim = Claim()
        claim.deliveries.reserveCapacity(rows.count)
        for row in rows {
            guard let number = try row.decode(0, as: Int64?.self) else {
                claim.leavesLanes = true
                continue
            }
            let lane = LaneID(shard: shard, number: number)
            if let request = try row.decode(2, as: Optional.self).map(RequestID.init) {
                claim.deliveries.append(try delivery(row, lane: lane, request: request, token: token))
            } else {
                claim.disarmed.append(lane)
            }
        }
        return claim
    }

    /// Claims one due delivery past a closed gate, for the holder of a probe's lease; nil where nothing is due.
    ///
    /// - Parameter skip: a request that is taken only where there is no other.
    package func claimProbe(
        shard: Int16, tenant: TenantID, destination: DestinationID, worker: WorkerID, skip: RequestID?
    ) async throws -> Delivery? {
        let token = Int64.random(in: .min ... .max)
        let rows = try await client.execute(
            SQL["deliveries.claim_probe"],
            Parameters(shard, tenant.uuid, destination.uuid, worker.uuid, token, skip?.uuid))
        return try rows.first.map { row in
            try delivery(
                row, lane: LaneID(shard: shard, number: try row.decode(0)), request: RequestID(try row.decode(2)),
                token: token)
        }
    }

    private func delivery(_ row: Row, lane: LaneID, request: RequestID, token: Int64) throws -> Delivery {
        Delivery(
            lane: lane, tenant: TenantID(try row.decode(1)), request: request, token: token, attempt: try row.decode(3),
            epoch: try row.decode(10),
            isExpired: try row.decode(4), method: try row.decode(5), path: try row.decode(6), query: try row.decode(7),
            headers: HeaderLines(text: try row.decode(8)), body: try row.decode(9, as: Bytea.self).bytes,
            rollout: try row.decode(11, as: String?.self).flatMap(RolloutMark.init))
    }

    package func arm(_ lanes: [LaneID]) async throws {
        _ = try await client.execute(SQL["deliveries.arm"], Parameters(lanes.map(\.shard), lanes.map(\.number)))
    }

    /// Arms lanes whose time has come, at most `limit`; returns the shards that have a runnable lane.
    package func armDue(_ node: Node, limit: Int32 = 1_000) async throws -> [Int16] {
        let rows = try await client.execute(SQL["deliveries.arm_due"], Parameters(node.shards, limit))
        return try rows.first?.decode(0) ?? []
    }

    /// Records outcomes in one transaction; tells for each whether it counted. One whose lease was lost does not. Those
    /// that somebody waits for are announced afterwards.
    package func report(_ reports: [Report], within deadline: Duration) async throws -> [Bool] {
        let outcomes = reports.map(\.outcome)
        let start = ContinuousClock.now
        let rows = try await client.execute(
            SQL["deliveries.report"],
            Parameters(
                reports.map(\.lane.shard), reports.map(\.lane.number), reports.map(\.request.uuid),
                reports.map(\.token),
                outcomes.map(\.verdict.rawValue), outcomes.map(\.attemptClass.rawValue), outcomes.map(\.status),
                outcomes.map(\.latency.microseconds), outcomes.map(\.retryIn), outcomes.map(\.error),
                outcomes.map(\.responseHead), outcomes.map { $0.responseBody.map { Bytea($0) } },
                reports.map(\.mark?.destination.uuid), reports.map { $0.mark?.signal ?? "ignored" },
                reports.map { $0.mark?.isSlow ?? false }),
            within: deadline)
        CommitMetrics.outcomes.committed(reports.count, since: start)
        var counted = [Bool](repeating: false, count: reports.count)
        for place in try rows.first?.decode(0, as: [Int32].self) ?? [] { counted[Int(place) - 1] = true }
        await tell(try rows.first?.decode(1, as: [Int32].self).map { reports[Int($0) - 1].request } ?? [])
        return counted
    }

    /// A hint that may be lost: who waits looks at its deadline.
    private func tell(_ awaited: [RequestID]) async {
        guard !awaited.isEmpty else { return }
        _ = try? await client.execute(SQL["deliveries.tell"], Parameters(awaited.map(\.uuid)))
    }

    package struct Expiry: Sendable, Equatable {
        package let examined: Int32
        package let expired: Int32

        package init(examined: Int32, expired: Int32) {
            self.examined = examined
            self.expired = expired
        }
    }

    /// Ends what waits past its request's `expires_at`, of at most `limit` requests.
    package func expire(_ node: Node, limit: Int32) async throws -> Expiry {
        guard let row = try await client.execute(SQL["deliveries.expire"], Parameters(node.shards, limit)).first else {
            return Expiry(examined: 0, expired: 0)
        }
        return Expiry(examined: try row.decode(0), expired: try row.decode(1))
    }

    /// Puts deliveries whose lease is over back into the backlog, at most `limit`, and arms their lanes. Returns how many.
    package func rescue(_ node: Node, limit: Int32 = 1_000) async throws -> Int {
        let rows = try await client.execute(SQL["deliveries.rescue"], Parameters(node.shards, limit))
        let lanes = try Set(rows.map { LaneID(shard: try $0.decode(0), number: try $0.decode(1)) })
        if !lanes.isEmpty { try await arm(Array(lanes)) }
        return rows.count
    }

    /// Arms every lane that could run but is not armed, a shard a statement: after a restore there may be tens of thousands,
    /// and all at once takes longer than a statement may. Returns on how many shards there were any.
    package func reconcile(_ node: Node) async throws -> Int32 {
        var shards: Int32 = 0
        for shard in node.shards {
            shards += try await client.execute(SQL["deliveries.reconcile"], Parameters([shard])).first?.decode(0) ?? 0
        }
        return shards
    }
}
