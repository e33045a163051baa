import SQL
import TestSupport
import Testing

@testable import Postgres

/// A streaming pair; what the standby can't answer, the primary does.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ReplicaTests {
    /// 1 on a standby, 0 on a primary.
    private static let place = Statement("SELECT pg_is_in_recovery()::int::int8")

    private struct Pair {
        let primary: Client
        let standby: Client
        let replica: Replica
        let servers: StreamingPair

        func isReadFromReplica() async throws -> Bool {
            try await primary.query(ReplicaTests.place, preferring: replica)[0].decode(0, as: Int64.self) == 1
        }
    }

    /// - Parameter lag: a primary that commits nothing makes its standby look old, so only a test of that has a short one.
    private func withPair(lag: Duration = .seconds(60), _ body: (Pair) async throws -> Void) async throws {
        try await StreamingPair.with { servers in
            try await withClients(of: servers.primary.connectionString) { primary in
                try await withClients(of: servers.standby.connectionString) { standby in
                    let client = standby.client(statements: [SQL["replica.lag"]], connections: 2)
                    var limits = Replica.Limits()
                    limits.lag = lag
                    limits.coolDown = .seconds(1)
                    let pair = Pair(
                        primary: primary.client(connections: 2), standby: client,
                        replica: Replica(client, lag: SQL["replica.lag"], limits: limits),
                        servers: servers)
                    _ = try await pair.primary.execute(
                        Statement("CREATE TABLE thing AS SELECT generate_series(1, 100) AS id"))
                    try await eventually { try await client.int("coalesce(to_regclass('thing')::oid, 0)") > 0 }
                    try await body(pair)
                }
            }
        }
    }

    @Test func servesWhatItHas() async throws {
        try await withPair { pair in
            let before = pair.replica.counts
            #expect(try await pair.isReadFromReplica())
            #expect(pair.replica.counts.reads == before.reads + 1)
            #expect(pair.replica.counts.faults == before.faults)
            let error = try await postgresError {
                _ = try await pair.primary.query(Statement("SELECT 1 / 0"), preferring: pair.replica)
            }
            // The read's own fault, which the primary would find as well.
            #expect(error?.sqlState == "22012" && pair.replica.counts.faults == before.faults)
        }
    }

    @Test func aReplicaThatLagsIsPassedOver() async throws {
        try await withPair(lag: .seconds(3)) { pair in
            _ = try await pair.standby.execute(Statement("SELECT pg_wal_replay_pause()"))
            try await eventually { try await !pair.isReadFromReplica() }
            #expect(pair.replica.counts.faults[.lag] == 1)
            #expect(try await !pair.isReadFromReplica())
            #expect(pair.replica.counts.faults[.coolDown] == 1)
            _ = try await pair.standby.execute(Statement("SELECT pg_wal_replay_resume()"))
            try await eventually {
                _ = try await pair.primary.execute(Statement("SELECT txid_current()"))
                return try await pair.isReadFromReplica()
            }
        }
    }

    /// The standby ends a read whose rows the primary removes; the primary answers it.
    @Test func aConflictWithRecoveryIsNoError() async throws {
        try await withPair { pair in
            let read = Statement("SELECT count(*), max(pg_sleep(0.01)::text) FROM thing")
            let answer = Task { try await pair.primary.query(read, preferring: pair.replica) }
            let observer = pair.standby
            _ = try await observer.waitForBackend(running: "pg_sleep(0.01)")
            _ = try await pair.primary.execute(Statement("DELETE FROM thing WHERE id > 90"))
            _ = try await pair.primary.execute(Statement("VACUUM thing"))
            #expect(try await answer.value[0].decode(0, as: Int64.self) == 90)
            #expect(pair.replica.counts.faults == [.conflict: 1])
            #expect(pair.replica.counts.reads == 0)
        }
    }

    @Test func aReplicaThatIsAwayIsLeftAloneForAWhile() async throws {
        try await withPair { pair in
            // Else the primary's commits wait for it.
            _ = try await pair.primary.execute(Statement("ALTER SYSTEM RESET synchronous_standby_names"))
            _ = try await pair.primary.execute(Statement("SELECT pg_reload_conf()"))
            try await pair.servers.standby.stop(mode: .immediate)
            let start = ContinuousClock.now
            for _ in 0..<50 { #expect(try await !pair.isReadFromReplica()) }
            #expect(.now - start < .seconds(2))
            #expect(pair.replica.counts.faults[.coolDown, default: 0] > 0)
            try await pair.servers.standby.start()
            try await eventually {
                _ = try await pair.primary.execute(Statement("SELECT txid_current()"))
                return try await pair.isReadFromReplica()
            }
        }
    }
}
