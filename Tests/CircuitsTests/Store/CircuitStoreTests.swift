import Model
import Postgres
import Tenants
import TestSupport
import Testing

@testable import Circuits

/// Circuits in their rows, against a real server.
struct CircuitStoreTests {
    struct Site {
        let client: Client
        let store: CircuitStore
        let key: CircuitKey
        let policy = CircuitPolicy()

        func read() async throws -> CircuitReading {
            guard let reading = try await store.read(key) else { throw NeverHappened("the circuit is gone") }
            return reading
        }

        /// Lets the machine handle the input, and writes what came of it.
        func handle(_ input: Circuit.Input) async throws -> [Circuit.Effect] {
            var reading = try await read()
            let effects = reading.circuit.handle(input, at: reading.now, policy: policy, jitter: 0.5)
            guard try await store.write(reading, effects, policy: policy) else {
                throw NeverHappened("it was not written")
            }
            return effects
        }

        func value<T: PostgresDecodable>(_ sql: String, as type: T.Type = T.self) async throws -> T {
            try await client.query(Statement(sql))[0].decode(0)
        }
    }

    private func withSite(_ body: (Site) async throws -> Void) async throws {
        try await withDatabase { database in
            let client = database.client(statements: TenantStore.statements + CircuitStore.statements, connections: 2)
            let tenants = TenantStore(client, secrets: try SecretBox(base64: SecretBox.newKey()))
            let tenant = try await tenants.createTenant(named: "t")
            let destination = try await tenants.putDestination(
                DestinationSettings(name: "d", baseURL: "http://127.0.0.1:9"), tenant: tenant.id, shard: tenant.shard)
            let key = CircuitKey(shard: tenant.shard, tenant: tenant.id, destination: destination.id)
            try await body(Site(client: client, store: CircuitStore(client), key: key))
        }
    }

    private static let failing = WindowSums(
        slots: [
            .new(): {
                var counts = CircuitCounts()
                counts.fail = 5
                return counts
            }()
        ])

    /// Whatever the machine comes to, the row holds all of it.
    @Test func aCircuitIsReadAsItWasWritten() async throws {
        try await withSite { site in
            for seed in UInt64(1)...12 {
                var world = World(seed: seed)
                guard world.story.policy.concurrentProbes == 1 else { continue }
                for _ in 0..<40 {
                    world.step()
                    var reading = try await site.read()
                    reading.circuit = world.story.circuit
                    #expect(try await site.store.write(reading, [], policy: world.story.policy))
                    var expected = world.story.circuit
                    // A lease's request to skip is the circuit's.
                    expected.probes.leases = expected.probes.leases.map {
                        ProbeLease(owner: $0.owner, token: $0.token, until: $0.until)
                    }
                    #expect(try await site.read().circuit == expected, "seed \(seed)")
                }
            }
        }
    }

    /// Of two that judge at the same time, one decides.
    @Test func theSecondOfTwoWritersChangesNothing() async throws {
        try await withSite { site in
            var first = try await site.read()
            var second = first
            let effects = first.circuit.handle(
                .evaluate(Self.failing, epoch: 1), at: first.now, policy: site.policy, jitter: 0.5)
            let others = second.circuit.handle(
                .evaluate(Self.failing, epoch: 1), at: second.now, policy: site.policy, jitter: 0.5)
            #expect(try await site.store.write(first, effects, policy: site.policy))
            #expect(try await !site.store.write(second, others, policy: site.policy))
            #expect(try await site.read().circuit.epoch == 2)
            #expect(try await site.value("SELECT count(*) FROM sluice.circuit_event") == Int64(1))
        }
    }

    /// The verdict is on the lane when the transaction is over, and no claim passes it.
    @Test func theLaneHasTheVerdict() async throws {
        try await withSite { site in
            _ = try await site.handle(.evaluate(Self.failing, epoch: 1))
            #expect(try await site.value("SELECT gate::text FROM sluice.lane") == "hold")
            #expect(try await site.value("SELECT epoch FROM sluice.lane") == Int64(2))
            #expect(try await site.value("SELECT probe_at > clock_timestamp() FROM sluice.circuit") == true)
            _ = try await site.client.execute(
                Statement("UPDATE sluice.circuit SET retry_at = retry_at - interval '1 hour'"))
            let effects = try await site.handle(.probeAsked(by: .new()))
            #expect(effects.contains { if case .grant = $0 { true } else { false } })
            #expect(try await site.value("SELECT gate::text FROM sluice.lane") == "hold")
            #expect(try await site.read().circuit.state == .halfOpen)
        }
    }

    /// Closing a gate is a circuit, its lanes, an event and a notification, whatever waits behind it.
    @Test func aGateIsLittleToWrite() async throws {
        try await withSite { site in
            func bytes(_ word: String) async throws -> Int {
                let plan = try await site.client.execute(
                    Statement(
                        """
                        EXPLAIN (ANALYZE, WAL, TIMING OFF)
                        SELECT sluice.command_circuit($1, $2, $3, '\(word)', NULL, NULL, 'test', 'to measure')
                        """),
                    Parameters(site.key.shard, site.key.tenant.uuid, site.key.destination.uuid))
                let lines = try plan.map { try $0.decode(0, as: String.self) }
                let wal = try #require(lines.first { $0.contains("WAL:") })
                return try #require(wal.firstMatch(of: /bytes=(\d+)/).flatMap { Int($0.1) })
            }
            // The first change of a page after a checkpoint is logged as a whole page; it is not counted.
            _ = try await bytes("pause")
            _ = try await bytes("resume")
            #expect(100...4_096 ~= (try await bytes("pause")))
            #expect(100...4_096 ~= (try await bytes("resume")))
        }
    }

    /// Operators' commands are rules in SQL as well as in the machine: they must be the same.
    @Test(arguments: ["pause", "resume", "force", "observe", "probe", "limit", "reset"])
    func commandsInSQLAreTheMachines(_ word: String) async throws {
        try await withSite { site in
            for seed in UInt64(1)...20 {
                var world = World(seed: seed)
                guard world.story.policy.concurrentProbes == 1 else { continue }
                for _ in 0..<60 { world.step() }
                var reading = try await site.read()
                reading.circuit = world.story.circuit
                // As of the server's time, with nothing that time alone would change.
                reading.circuit.modeUntil = nil
                reading.circuit.probes.leases = []
                reading.circuit.throttledUntil = nil
                reading.circuit.stateSince = reading.now
                reading.circuit.retryAt = reading.circuit.retryAt.map { _ in reading.now }
                reading.circuit.openedAt = reading.circuit.openedAt.map { _ in reading.now }
                #expect(try await site.store.write(reading, [], policy: site.policy))

                var expected = try await site.read()
                let effects = expected.circuit.handle(
                    .command(Self.command(word), by: "op", note: "why"), at: expected.now, policy: site.policy,
                    jitter: 0.5)
                let answer = try await site.store.command(
                    word, site.key, limit: word == "limit" ? 3 : nil, actor: "op", note: "why")
                let refused = effects.contains { if case .refuse = $0 { true } else { false } }
                #expect((answer == .done) == !refused, "seed \(seed)")
                let found = try await site.read().circuit
                #expect(Outline(found) == Outline(expected.circuit), "seed \(seed)")
            }
        }
    }

    private static func command(_ word: String) -> Circuit.Command {
        switch word {
        case "pause": .setMode(.forcedOpen)
        case "resume": .setMode(.auto)
        case "force": .setMode(.forcedClosed)
        case "observe": .setMode(.observe)
        case "probe": .probeNow
        case "limit": .setLimit(3)
        default: .reset
        }
    }

    /// A circuit but for its times, which two clocks tell.
    private struct Outline: Equatable {
        let words: [String?]
        let counts: [Int]
        let limits: [Double?]
        let isSet: [Bool]

        init(_ circuit: Circuit) {
            words = [
                circuit.mode.rawValue, circuit.modeBy, circuit.modeReason, circuit.state.rawValue,
                circuit.reason.rawValue, circuit.probes.skipRequest?.description,
            ]
            counts = [
                Int(circuit.epoch), circuit.reopenCount, circuit.alerts, circuit.probes.ok, circuit.probes.fail,
                circuit.probes.lost, circuit.probes.leases.count, circuit.failedCanaries, circuit.ceiling ?? 0,
                circuit.flapAlarm.openings.count, circuit.limit?.seen?.ok ?? -1,
            ]
            limits = [circuit.limit?.value, circuit.limit?.threshold, circuit.lastGoodLimit]
            isSet = [
                circuit.openedAt != nil, circuit.retryAt != nil, circuit.stableSince != nil,
                circuit.throttledUntil != nil, circuit.suspectedSince != nil, circuit.wouldOpenAt != nil,
                circuit.healthIsUp != nil,
            ]
        }
    }
}
