import Model
import Postgres
import SQL

/// Samples backlogs for the leader, and forgets old traffic.
struct DepthSampler {
    /// What a turn counts for; it ends with the tenant that is counted then.
    static let budget = Duration.milliseconds(700)
    /// As far as traffic is read back, and an hour.
    private static let trafficKept = Duration.seconds(25 * 3_600)
    /// Rows of traffic that are forgotten at once, which takes up to 0.2 s, and how often in a turn. Four times as many as
    /// 10,000 busy tenants and five processes write in fifteen seconds.
    private static let forgotten = (rows: Int32(12_500), rounds: 4)

    private let client: Client
    private let node: Node
    private var turns = SampleTurns()

    init(_ client: Client, _ node: Node) {
        self.client = client
        self.node = node
    }

    mutating func sampleIfDue() async throws {
        let began = ContinuousClock.now
        guard turns.isDue(at: began) else { return }
        defer { turns.took(from: began, to: .now) }
        _ = try await client.execute(SQL["upkeep.sample_depths"], Parameters(node.shards, Self.budget))
        for _ in 0..<Self.forgotten.rounds {
            let deleted = try await client.execute(
                SQL["upkeep.forget_traffic"], Parameters(node.shards, Self.trafficKept, Self.forgotten.rows))
            if try deleted.first?.decode(0, as: Int32.self) ?? 0 < Self.forgotten.rows { break }
        }
    }
}

/// When samples are due: every fifteen seconds, but so seldom that they keep a core busy for a twentieth of the time at
/// most.
struct SampleTurns {
    static let interval = Duration.seconds(15)
    static let share = 20

    private var next: ContinuousClock.Instant?

    func isDue(at now: ContinuousClock.Instant) -> Bool { next.map { now >= $0 } ?? true }

    /// A turn was made, whether it succeeded or not.
    mutating func took(from began: ContinuousClock.Instant, to ended: ContinuousClock.Instant) {
        next = began + max(Self.interval, (ended - began) * Self.share)
    }
}
