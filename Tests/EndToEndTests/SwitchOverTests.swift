import Postgres
import Sink
import TestSupport
import Testing

/// A primary, its synchronous standby, and a gateway that is told of both.
@Suite(.timeLimit(.minutes(2))) struct SwitchOverTests {
    /// Of the goal: the time to find out, which is nothing here, and 5 s.
    private static let goal = Duration.seconds(5)

    private func withPair(
        _ body: (StreamingPair, Installation, Arrivals) async throws -> Void
    ) async throws {
        try await Arrivals.with { arrivals in
            try await StreamingPair.with { pair in
                try await withProcesses { processes in
                    let installation = try await Installation(
                        processes, database: pair.connectionString, destination: arrivals.sink.url)
                    try await body(pair, installation, arrivals)
                }
            }
        }
    }

    /// The primary loses its power under load, and the standby is promoted.
    @Test func nothingAcceptedIsLost() async throws {
        try await withPair { pair, installation, arrivals in
            let (api, caller) = try await installation.serve()
            let workers = [try installation.work(), try installation.work()]
            let load = SteadyLoad(caller)
            async let loading: Void = load.run()
            try await arrivals.atLeast(200)

            try pair.primary.crash()
            let crash = ContinuousClock.now
            let before = load.accepted.count
            try await pair.promote()
            let promotion = ContinuousClock.now
            // Answers of the first moment may be of commits before.
            try await eventually(within: .seconds(30)) { load.accepted.count > before + 16 }
            let back = ContinuousClock.now - promotion
            try await eventually { load.accepted.count > before + 400 }
            load.stop()
            await loading

            #expect(back < Self.goal)
            try await arrivals.all(load.accepted)
            let stored = try await storedBodies(pair.standby.connectionString)
            let lost = load.accepted.subtracting(stored.keys)
            #expect(lost.isEmpty && stored.values.allSatisfy { $0 == 1 })
            #expect(api.status == nil && workers.allSatisfy { $0.status == nil })
            print(
                "switch-over: \(load.accepted.count) accepted, \(load.refused) refused, \(lost.count) lost, "
                    + "\(arrivals.duplicates) delivered twice; promoted \(promotion - crash) after the crash, "
                    + "ingest back \(back) after that")
        }
    }

    /// Lists may be some seconds old, one request may not. A replica that stands still is left for the primary.
    @Test func listsComeFromTheReplica() async throws {
        try await withPair { pair, installation, _ in
            let (_, caller) = try await installation.serve([
                "SLUICE_DATABASE_REPLICA_URL": pair.standby.connectionString
            ])
            let first = try await caller.post("/in/sink", [1]).id()
            try await withClients(of: pair.standby.connectionString) { standby in
                let client = standby.client()
                let lists = Statement(
                    "SELECT FROM pg_stat_activity WHERE application_name = 'sluice/replica' AND query LIKE '%sluice.%'")
                try await eventually {
                    guard try await caller.list() == [first] else { return false }
                    return try await client.query(lists).count > 0
                }
                _ = try await client.execute(Statement("SELECT pg_wal_replay_pause()"))
                let state = Statement("SELECT pg_get_wal_replay_pause_state() = 'paused'")
                try await eventually { try await client.query(state)[0].decode(0, as: Bool.self) }
                let second = try await caller.post("/in/sink", [2]).id()
                #expect(try await caller.status(second).bytes == 1)
                #expect(try await caller.list() == [first])
                try await eventually { try await caller.list() == [second, first] }
                _ = try await client.execute(Statement("SELECT pg_wal_replay_resume()"))
            }
        }
    }
}
