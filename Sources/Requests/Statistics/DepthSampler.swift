import Model
import Postgres
import SQL

/// Samples backlogs for the leader, and forgets old traffic.
struct DepthSampler {
    /// What a turn counts for; it ends with the tenant that is counted then.
    static let budget = Duration.milliseconds(700)
    /// As far as traffic is read back, and an hour.
    private static let trafficKept = Duration.seconds(25 * 3_600)
    /// Rows of traffic that a turn forgets: a hundred times what 100 busy tenants and five processes write meanwhile.
    private static let forgotten: Int32 = 12_500

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
        _ = try await client.execute(
            SQL["upkeep.forget_traffic"], Parameters(node.shards, Self.trafficKept, Self.forgotten))
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
