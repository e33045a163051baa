import FoundationEssentials
import Model
import Postgres
import Requests
import SQL
import Tenants
import TestSupport

/// Writers, claimers and reporters that work against each other, each with random pauses inside its transactions, so
/// that commits, looks and arms fall in every order.
struct Bustle: Sendable {
    let site: Site
    let destinations: [Destination]
    /// The fault: lanes are armed in the transaction that stores. Reports arm nothing then, for that would mend it.
    var armsInsideTheTransaction = false
    let claimed = Shared<[Delivery]>([])
    let stored = Shared<[RequestID]>([])
    let highest = Shared<[LaneID: Int64]>([:])

    init(_ site: Site, destinations: [Destination], armsInsideTheTransaction: Bool = false) {
        self.site = site
        self.destinations = destinations
        self.armsInsideTheTransaction = armsInsideTheTransaction
    }

    func run(for duration: Duration, writers: Int, claimers: Int, reporters: Int, seed: UInt64) async throws {
        let end = ContinuousClock.now + duration
        try await withThrowingTaskGroup { group in
            for (role, count) in [write, claim, report].enumerated().map({ ($1, [writers, claimers, reporters][$0]) }) {
                for index in 0..<count {
                    let generator = SeededGenerator(seed: seed &* 1_000 &+ UInt64(index))
                    group.addTask {
                        var generator = generator
                        while ContinuousClock.now < end { try await role(&generator) }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Delivers what is left, without a timer or reconciliation: an armed lane is claimed from until a claim finds it
    /// empty.
    func drain(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        repeat {
            try await claim(&generator)
            while !claimed.value.isEmpty { try await report(&generator) }
        } while try await site.client.count("sluice.lane", where: "armed") > 0
    }

    private func write(_ generator: inout SeededGenerator) async throws {
        let destination = destinations[Int.random(in: 0..<destinations.count, using: &generator)]
        let requests = (0..<Int.random(in: 1...3, using: &generator)).map { _ in NewRequest(to: destination) }
        let pause = Self.pause(&generator)
        try await site.client.withTransaction { lease in
            try await lease.execute(SQL["requests.store"], Parameters(storing: requests))
            if armsInsideTheTransaction {
                try await lease.execute(SQL["deliveries.arm"], Parameters([Site.shard], [destination.lane.number]))
            }
            try await lease.execute(pause)
        }
        stored.update { $0 += requests.map(\.id) }
        if !armsInsideTheTransaction { try await site.deliveries.arm([destination.lane]) }
    }

    private func claim(_ generator: inout SeededGenerator) async throws {
        let token = Int64.random(in: .min ... .max, using: &generator)
        let quantum = Int32.random(in: 1...4, using: &generator)
        let pause = Self.pause(&generator)
        let rows = try await site.client.withTransaction { lease in
            let rows = try await lease.execute(
                SQL["deliveries.claim"],
                Parameters(Site.shard, site.worker.uuid, token, Int32(2), Int32(8), Int64(1 << 20), quantum, [UUID]()))
            // Only claims add to what is in flight, and this one holds its lanes' locks until it commits.
            for row in try await lease.execute(Self.counts, Parameters(token)) {
                let lane = LaneID(shard: Site.shard, number: try row.decode(0))
                let count: Int64 = try row.decode(1)
                highest.update { $0[lane] = max($0[lane] ?? 0, count) }
            }
            try await lease.execute(pause)
            return rows
        }
        let deliveries = try rows.compactMap { try Delivery($0, token: token) }
        let disarmed = try rows.filter { try Delivery($0, token: token) == nil }
            .compactMap { try $0.decode(0, as: Int64?.self) }.map { LaneID(shard: Site.shard, number: $0) }
        if !disarmed.isEmpty { try await site.deliveries.arm(disarmed) }
        claimed.update { $0 += deliveries }
    }

    private func report(_ generator: inout SeededGenerator) async throws {
        let batch = claimed.take(Int.random(in: 1...5, using: &generator))
        guard !batch.isEmpty else { return try await Task.sleep(for: .milliseconds(1)) }
        let reports = batch.map { delivery in
            let verdict = Self.verdicts.randomElement(using: &generator) ?? .delivered
            var outcome = Outcome(armsInsideTheTransaction ? .delivered : verdict, .serverError)
            if outcome.verdict == .retry { outcome.retryIn = .zero }
            return Report(delivery, outcome)
        }
        _ = try await site.deliveries.report(reports, within: .seconds(10))
        if armsInsideTheTransaction { return }
        // As long as it likes: reports arm after their commit.
        try await Task.sleep(for: .microseconds(.random(in: 0...3_000, using: &generator)))
        try await site.deliveries.arm(Array(Set(batch.map(\.lane))))
    }

    private static let verdicts: [Verdict] = [.delivered, .delivered, .delivered, .dead, .retry, .returned]

    private static let counts = Statement(
        """
        SELECT f.lane_id, count(*) FROM sluice.in_flight f
        WHERE f.lane_id IN (SELECT lane_id FROM sluice.in_flight WHERE token = $1) GROUP BY f.lane_id
        """)

    private static func pause(_ generator: inout SeededGenerator) -> Statement {
        Statement("SELECT pg_sleep(\(Double.random(in: 0...0.004, using: &generator)))")
    }
}

extension Shared where Value == [Delivery] {
    fileprivate func take(_ count: Int) -> [Delivery] {
        var taken: [Delivery] = []
        update { all in
            taken = Array(all.prefix(count))
            all.removeFirst(taken.count)
        }
        return taken
    }
}
