import Model
package import Postgres
import SQL
import ServiceLifecycle

/// Stores requests by group commit. It returns when they are committed and flushed, never before.
package struct RequestStore: Service {
    package static let statements = [SQL["requests.store"]]

    /// The server keeps a batch in memory while it unpacks its arrays; with the default of 4 MB it would write files.
    package static let sessionSettings = [(name: "work_mem", value: "64MB")]

    private let commits: GroupCommit<NewRequest, StoreOutcome>
    private let client: Client
    private let arm: ArmLoop
    private let traffic: Traffic

    /// - Parameters:
    ///   - client: has prepared `statements`; one connection for each of the two batches under way.
    ///   - keyWindow: how long an idempotency key stands for its request.
    package init(
        _ client: Client, keyWindow: Duration, arm: ArmLoop, traffic: Traffic, limits: StoreLimits = StoreLimits()
    ) {
        self.client = client
        self.arm = arm
        self.traffic = traffic
        commits = GroupCommit(
            limits: .init(
                batchItems: limits.batchItems, batchBytes: limits.batchBytes, concurrency: 2,
                waitingItems: limits.waitingItems, waitingBytes: limits.waitingBytes)
        ) { requests, deadline in
            func store(again: Bool) async throws -> Rows {
                try await client.execute(
                    SQL["requests.store"], Parameters(storing: requests, keyWindow: keyWindow, again: again),
                    within: deadline)
            }
            do {
                return try outcomes(await store(again: false), count: requests.count)
            } catch let error as PostgresError where error.sqlState == "23505" {
                // A commit whose outcome was unknown had stored some of them.
                return try outcomes(await store(again: true), count: requests.count)
            }
        }
    }

    /// Waits while the database is away, up to the deadline; then throws a `PostgresError`: `.overloaded` where too
    /// many wait already, `.unavailable` where nothing was stored, `.connectionLost` where that is not known.
    package func store(_ request: NewRequest, within deadline: Duration) async throws -> StoreOutcome {
        let outcome = try await commits.submit(request, bytes: request.bytes, within: deadline)
        if outcome == .stored { accepted(request) }
        return outcome
    }

    /// Calls `whenDone` with what the other `store` would return or throw, on any thread; it must not block.
    package func store(
        _ request: NewRequest, within deadline: Duration,
        whenDone: @escaping @Sendable (Result<StoreOutcome, any Error>) -> Void
    ) {
        commits.submit(request, bytes: request.bytes, within: deadline) { outcome in
            if case .success(.stored) = outcome { accepted(request) }
            whenDone(outcome)
        }
    }

    /// Stores many, which share their commits; each has an outcome of its own, as from `store`.
    package func storeAll(
        _ requests: [NewRequest], within deadline: Duration
    ) async -> [Result<StoreOutcome, any Error>] {
        let outcomes = await commits.submitAll(requests.map { ($0, $0.bytes) }, within: deadline)
        let stored = zip(requests, outcomes).filter { (try? $1.get()) == .stored }.map(\.0)
        for request in stored { traffic.accepted(1, of: request.tenant, shard: request.addressee.shard) }
        let lanes = Set(stored.flatMap(\.addressee.lanes))
        if !lanes.isEmpty { arm.arm(lanes) }
        return outcomes
    }

    private func accepted(_ request: NewRequest) {
        arm.arm(request.addressee)
        traffic.accepted(1, of: request.tenant, shard: request.addressee.shard)
    }

    package func run() async throws {
        try await withTaskExecutorPreference(client.executor) { try await commits.run() }
    }
}

/// Bounds of the store: beyond them callers get 503 at once rather than memory running out.
package struct StoreLimits: Sendable {
    /// Larger batches gain nothing: at 100 rows the commit is a small part of the cost.
    package var batchItems = 256
    package var batchBytes = 8 << 20
    package var waitingItems = 4_096
    package var waitingBytes = 64 << 20

    package init() {}
}

extension Parameters {
    /// Of `requests.store`.
    ///
    /// - Parameter again: some of the requests may be stored already.
    package init(storing requests: [NewRequest], keyWindow: Duration, again: Bool) {
        self.init(
            requests.map(\.addressee.shard), requests.map(\.tenant.uuid), requests.map(\.addressee.destination?.uuid),
            requests.map(\.addressee.lane?.number), requests.map(\.addressee.topic), requests.map(\.addressee.fanOut),
            requests.map(\.id.uuid), requests.map(\.method), requests.map(\.path),
            requests.map(\.query), requests.map(\.headers.text), requests.map { Bytea($0.body) },
            requests.map(\.dueAt), requests.map(\.expiresAt), requests.map { $0.idempotency.map { Bytea($0.key) } },
            requests.map { $0.idempotency.map { Bytea($0.fingerprint) } }, keyWindow, again,
            requests.filter(\.isAwaited).map(\.id.uuid), requests.map(\.stamps))
    }
}

extension Addressee {
    fileprivate var destination: DestinationID? { if case .destination(let id, _) = self { id } else { nil } }
    fileprivate var lane: LaneID? { if case .destination(_, let lane) = self { lane } else { nil } }
    fileprivate var topic: String? { if case .topic(let topic, _, _) = self { topic } else { nil } }

    /// The text of an array of lanes; nil for one destination, whose lane goes without a text.
    fileprivate var fanOut: String? {
        guard case .topic(_, _, let lanes) = self else { return nil }
        return "{" + lanes.map { String($0.number) }.joined(separator: ",") + "}"
    }
}

extension ArmLoop {
    fileprivate func arm(_ addressee: Addressee) {
        switch addressee {
        case .destination(_, let lane): arm(lane)
        case .topic(_, _, let lanes): if !lanes.isEmpty { arm(lanes) }
        }
    }
}

/// The statement names only the items that were not stored.
private func outcomes(_ rows: Rows, count: Int) throws -> [StoreOutcome] {
    var outcomes = [StoreOutcome](repeating: .stored, count: count)
    for row in rows {
        let place = Int(try row.decode(0, as: Int32.self)) - 1
        let owner = RequestID(try row.decode(1))
        outcomes[place] = try row.decode(2) ? .replayed(owner) : .conflict(owner)
    }
    return outcomes
}
