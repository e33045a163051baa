import Circuits
import Model
import Postgres
import Sink
import Tenants
import TestSupport
import Testing

/// Circuits of real deliveries, against a database and a sink that fails and heals.
struct CircuitTests {
    /// Waits short enough for a test; the rest as by default.
    static let hasty: [String: PolicyValue] = ["wait_base_s": .number(0.3), "wait_cap_s": .number(0.6)]

    /// A sink that answers with the status that it is told.
    static func withSwitch(
        _ body: (Sink, _ status: Shared<Int>, _ received: Shared<Int>) async throws -> Void
    ) async throws {
        let status = Shared(200)
        let received = Shared(0)
        let sink = try await Sink.start { _ in
            received.update { $0 += 1 }
            return .status(status.value)
        }
        do {
            try await body(sink, status, received)
        } catch {
            await sink.stop()
            throw error
        }
        await sink.stop()
    }

    /// Opens on failures, holds what comes, probes, ramps, drains, closes; nothing is lost and nothing is spent.
    @Test func holdsWhileDownAndDrainsWhenHealed() async throws {
        try await Self.withSwitch { sink, status, received in
            try await withGateway(to: sink, policy: Self.hasty) { gateway in
                status.update { $0 = 503 }
                _ = try await gateway.store(20)
                try await eventually(within: .seconds(20)) { try await gateway.circuit().state == .open }
                try await eventually(within: .seconds(20)) { try await gateway.count("in_flight") == 0 }
                let spent = received.value
                let first = try await gateway.count("circuit_event", where: "reason = 'probing'")
                // Bounded by what was claimed until the first report, and again until the gate closed.
                #expect(spent <= 2 * 64)
                _ = try await gateway.store(100)
                try await eventually(within: .seconds(20)) {
                    try await gateway.count("circuit_event", where: "reason = 'probes_failed'") >= 2
                }
                // A probe per wait.
                let probes = try await gateway.count("circuit_event", where: "reason = 'probing'")
                #expect(Int64(received.value - spent) <= probes - first + 1)
                #expect(try await gateway.count("attempt", where: "verdict = 'delivered'") == 0)

                status.update { $0 = 200 }
                try await eventually(within: .seconds(60)) {
                    try await gateway.count("attempt", where: "verdict = 'delivered'") == 120
                }
                try await eventually(within: .seconds(90)) { try await gateway.circuit().state == .closed }
                #expect(try await gateway.count("ready") == 0)
                #expect(try await gateway.count("in_flight") == 0)
                #expect(try await gateway.count("dead_letter") == 0)
            }
        }
    }

    /// A request that always gets a 500, among others that are delivered.
    @Test func aPoisonRequestOpensNothing() async throws {
        let poison = Shared("")
        let sink = try await Sink.start { request in
            .status(request.uri == poison.value ? 500 : 200)
        }
        let patient: (inout DestinationSettings) -> Void = { $0.retry.maxAttempts = 20 }
        try await withGateway(to: sink, policy: Self.hasty, patient) { gateway in
            let first = try await gateway.store(1)
            poison.update { $0 = "/\(first[0])" }
            _ = try await gateway.store(3)
            try await eventually(within: .seconds(30)) { try await gateway.count("attempt") >= 4 }
            let second = try await gateway.store(1)
            poison.update { $0 = "/\(second[0])" }
            try await eventually(within: .seconds(30)) {
                try await gateway.unfinished() == 0
            }
            #expect(try await gateway.circuit().state == .closed)
            #expect(try await gateway.count("circuit_event") == 0)
        }
        await sink.stop()
    }

    /// A 429 pauses and halves; it opens nothing and spends no attempt.
    @Test func aPushbackPausesAndSpendsNothing() async throws {
        try await Self.withSwitch { sink, status, received in
            let impatient: (inout DestinationSettings) -> Void = { $0.retry.maxAttempts = 1 }
            try await withGateway(to: sink, policy: Self.hasty, impatient) { gateway in
                status.update { $0 = 429 }
                _ = try await gateway.store(10)
                try await eventually(within: .seconds(20)) {
                    try await gateway.circuit().throttledUntil != nil
                }
                status.update { $0 = 200 }
                try await eventually(within: .seconds(30)) {
                    try await gateway.count("attempt", where: "verdict = 'delivered'") == 10
                }
                let circuit = try await gateway.circuit()
                #expect(circuit.state == .closed)
                #expect(circuit.limit.map { $0.value < 64 } ?? true)
                #expect(try await gateway.count("dead_letter") == 0)
            }
        }
    }

    /// What an operator pauses stays where it is until he resumes it.
    @Test func aPausedDestinationGetsNothing() async throws {
        try await Self.withSwitch { sink, _, received in
            try await withGateway(to: sink, policy: Self.hasty) { gateway in
                #expect(
                    try await gateway.circuits.command("pause", gateway.key, actor: "operator", note: "works") == .done)
                _ = try await gateway.store(10)
                // The worker delivers what came later, to another.
                _ = try await gateway.store(1, to: try await gateway.another())
                try await eventually(within: .seconds(20)) { received.value > 0 }
                #expect(received.value == 1)
                #expect(try await gateway.count("ready") == 10)
                #expect(try await gateway.count("lane", where: "armed") == 0)
                #expect(
                    try await gateway.circuits.command("resume", gateway.key, actor: "operator", note: "done") == .done)
                _ = try await gateway.store(1)
                try await eventually(within: .seconds(20)) { received.value == 12 }
                #expect(
                    try await gateway.count(
                        "circuit_event", where: "actor = 'operator' AND evidence->>'note' = 'works'")
                        == 1)
            }
        }
    }

    /// A health check opens the circuit before a delivery fails, and brings the probe forward when the destination
    /// answers again.
    @Test func aHealthCheckOpensAndBringsTheProbeForward() async throws {
        try await Self.withSwitch { sink, status, received in
            // An hour's wait, so that only the check can bring the probe.
            let patient: [String: PolicyValue] = ["wait_base_s": .number(3_600), "wait_cap_s": .number(3_600)]
            try await withGateway(to: sink, policy: patient) { gateway in
                var check = HealthCheckDefinition(
                    shard: gateway.key.shard, tenant: gateway.key.tenant, destination: gateway.key.destination,
                    kind: .http, target: sink.url + "/health")
                check.overrides = .init([
                    "interval_s": .number(0.2), "fast_s": .number(0.05), "idle_s": .number(0.2),
                    "down_s": .number(0.1), "down_max_s": .number(0.1),
                ])
                status.update { $0 = 503 }
                try await HealthStore(gateway.client).put(check)
                try await eventually(within: .seconds(20)) { try await gateway.circuit().state == .open }
                #expect(try await gateway.circuit().reason == .health)
                #expect(try await gateway.count("attempt") == 0)
                _ = try await gateway.store(10)
                status.update { $0 = 200 }
                try await eventually(within: .seconds(30)) {
                    try await gateway.count("attempt", where: "verdict = 'delivered'") == 10
                }
            }
        }
    }

    /// Never more in flight than the limit, sampled where it counts.
    @Test func aRampKeepsToItsLimit() async throws {
        let status = Shared(503)
        let excess = Shared(0)
        let sink = try await Sink.start { _ in Reply(status: status.value, delay: .milliseconds(10)) }
        try await withGateway(to: sink, policy: Self.hasty) { gateway in
            _ = try await gateway.store(300)
            try await eventually(within: .seconds(20)) { try await gateway.circuit().state == .open }
            status.update { $0 = 200 }
            try await eventually(within: .seconds(60)) {
                let rows = try await gateway.client.query(
                    Statement(
                        """
                        SELECT (SELECT count(*) FROM sluice.in_flight f WHERE f.shard = l.shard AND f.lane_id = l.lane_id AND f.epoch = l.epoch),
                               coalesce(l.dispatch_limit, l.max_in_flight), l.gate::text
                        FROM sluice.lane l
                        """))
                let (flying, limit) = (try rows[0].decode(0, as: Int64.self), try rows[0].decode(1, as: Int32.self))
                let gate: String = try rows[0].decode(2)
                if gate == "pass" {
                    excess.update { $0 = max($0, Int(flying) - Int(limit)) }
                }
                return try await gateway.count("attempt", where: "verdict = 'delivered'") == 300
            }
        }
        await sink.stop()
        #expect(excess.value == 0)
    }
}
