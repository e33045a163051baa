import Circuits
import Model
import Postgres
import Sink
import Tenants
import TestSupport
import Testing

/// What must not keep a circuit from doing its work.
struct CircuitFaultTests {
    private static let hasty = CircuitTests.hasty

    /// Opens the gateway's circuit, with a backlog behind it, and heals the sink.
    private func openThenHeal(_ gateway: Gateway, _ status: Shared<Int>) async throws {
        status.update { $0 = 503 }
        _ = try await gateway.store(20)
        try await eventually(within: .seconds(20)) { try await gateway.circuit().state == .open }
        status.update { $0 = 200 }
    }

    private func expectDelivery(_ count: Int64, _ gateway: Gateway) async throws {
        try await eventually(within: .seconds(60)) {
            try await gateway.count("attempt", where: "verdict = 'delivered'") == count
        }
    }

    @Test func withoutNotificationsThePollsSuffice() async throws {
        try await CircuitTests.withSwitch { sink, status, received in
            try await withGateway(to: sink, policy: Self.hasty, listens: false) { gateway in
                try await openThenHeal(gateway, status)
                try await expectDelivery(20, gateway)
                _ = try await gateway.circuits.command("pause", gateway.key, actor: "operator", note: "unheard")
                let before = received.value
                _ = try await gateway.store(5)
                try await eventually(within: .seconds(10)) { try await gateway.count("ready") == 5 }
                _ = try await gateway.circuits.command("resume", gateway.key, actor: "operator", note: "unheard")
                #expect(received.value == before)
                _ = try await gateway.store(1)
                try await expectDelivery(26, gateway)
            }
        }
    }

    /// A worker that died with a probe's lease; another takes the probe over when the lease ends.
    @Test func aLeaseThatDiedIsTakenOver() async throws {
        try await CircuitTests.withSwitch { sink, status, _ in
            try await withGateway(to: sink, policy: Self.hasty) { gateway in
                try await openThenHeal(gateway, status)
                try await gateway.execute(
                    """
                    UPDATE sluice.circuit SET state = 'half_open', epoch = epoch + 1, version = version + 1,
                        probe_owner = '01890000-0000-7000-8000-000000000001', probe_token = probe_token + 1, probe_at = NULL,
                        probe_lease_until = clock_timestamp() + interval '1 second', timer_at = clock_timestamp() + interval '1 second'
                    """)
                try await expectDelivery(20, gateway)
                // That of a last probe goes back after its delivery.
                try await eventually(within: .seconds(10)) { try await gateway.circuit().probes.leases.isEmpty }
            }
        }
    }

    /// All that the circuit wrote down lies an hour ahead.
    @Test func aClockThatWasSetBackIsFollowed() async throws {
        try await CircuitTests.withSwitch { sink, status, _ in
            try await withGateway(to: sink, policy: Self.hasty) { gateway in
                try await openThenHeal(gateway, status)
                try await gateway.execute(
                    """
                    UPDATE sluice.circuit SET state_since = state_since + interval '1 hour', opened_at = opened_at + interval '1 hour',
                        retry_at = retry_at + interval '1 hour', probe_at = probe_at + interval '1 hour',
                        timer_at = timer_at + interval '1 hour', version = version + 1
                    WHERE state <> 'closed'
                    """)
                try await expectDelivery(20, gateway)
            }
        }
    }

    /// A worker that stops gives its probe's lease back, and the probe's delivery.
    @Test func aWorkerThatStopsGivesItsLeaseBack() async throws {
        let hangs = Shared(false)
        let sink = try await Sink.start { _ in hangs.value ? .hang : .status(503) }
        try await withDatabase { database in
            let gateway = try await Gateway(
                database, to: sink, drainTimeout: .milliseconds(100), policy: Self.hasty)
            try await gateway.run {
                _ = try await gateway.store(20)
                try await eventually(within: .seconds(20)) { try await gateway.circuit().state == .open }
                // What was claimed before it opened must not hang: then nothing might be left to probe with.
                try await eventually(within: .seconds(20)) { try await gateway.count("in_flight") == 0 }
                hangs.update { $0 = true }
                try await eventually(within: .seconds(20)) { try await !gateway.circuit().probes.leases.isEmpty }
            }
            #expect(try await gateway.circuit().probes.leases.isEmpty)
            #expect(try await gateway.count("in_flight") == 0)
            #expect(try await gateway.count("ready") == 20)
        }
        await sink.stop()
    }

    /// Failures that only this worker sees, while another delivers.
    @Test func aWorkerWithoutANetworkIsSuspected() async throws {
        try await CircuitTests.withSwitch { sink, status, received in
            try await withGateway(to: sink, policy: Self.hasty) { gateway in
                try await gateway.execute(
                    """
                    INSERT INTO sluice.circuit_bucket (shard, tenant_id, destination_id, worker, slot, bucket, epoch, ok, fail, lasting,
                        server_errors, distinct_requests, unresolved, slow, pushback, rtt_us)
                    SELECT c.shard, c.tenant_id, c.destination_id, '01890000-0000-7000-8000-000000000001', b % 13, b, c.epoch, 10, 0, 0, 0,
                        0, 0, 0, 0, 0
                    FROM sluice.circuit c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) / 5)::bigint) AS n (b)
                    """)
                status.update { $0 = 503 }
                _ = try await gateway.store(30)
                try await eventually(within: .seconds(20)) {
                    try await gateway.count("circuit_event", where: "reason = 'worker_suspect'") == 1
                }
                let circuit = try await gateway.circuit()
                #expect(circuit.state == .closed && circuit.suspectedSince != nil)
                status.update { $0 = 200 }
                try await expectDelivery(30, gateway)
            }
        }
    }

    /// With nothing to deliver, a health check is the probe.
    @Test func aHealthCheckProbesWhereNothingWaits() async throws {
        try await CircuitTests.withSwitch { sink, status, _ in
            try await withGateway(to: sink, policy: Self.hasty) { gateway in
                status.update { $0 = 503 }
                _ = try await gateway.store(6)
                try await eventually(within: .seconds(20)) { try await gateway.circuit().state == .open }
                // While it is paused nothing is claimed, so nothing comes back.
                _ = try await gateway.circuits.command("pause", gateway.key, actor: "test", note: "to clear away")
                try await eventually(within: .seconds(20)) { try await gateway.count("in_flight") == 0 }
                try await gateway.execute("DELETE FROM sluice.ready")
                _ = try await gateway.circuits.command("resume", gateway.key, actor: "test", note: "cleared away")
                // It runs once in an hour by itself.
                var check = HealthCheckDefinition(
                    shard: gateway.key.shard, tenant: gateway.key.tenant, destination: gateway.key.destination,
                    kind: .http, target: sink.url + "/health")
                check.overrides = .init(["interval_s": .number(3_600), "idle_s": .number(3_600)])
                try await HealthStore(gateway.client).put(check)
                status.update { $0 = 200 }
                try await eventually(within: .seconds(30)) { try await gateway.circuit().state == .ramping }
                #expect(try await gateway.count("attempt", where: "verdict = 'delivered'") == 0)
            }
        }
    }

    /// What comes while a backlog drains does not wait for its end.
    @Test func newRequestsHaveAQuarterOfADrain() async throws {
        let order = Shared<[String]>([])
        let sink = try await Sink.start { request in
            order.update { $0.append(request.uri) }
            return .ok
        }
        let single: (inout DestinationSettings) -> Void = { $0.maxInFlight = 8 }
        try await withGateway(to: sink, policy: Self.hasty, single) { gateway in
            _ = try await gateway.circuits.command("pause", gateway.key, actor: "operator", note: "a backlog")
            let old = Set(try await gateway.store(120).map { "/\($0)" })
            _ = try await gateway.circuits.command("force", gateway.key, actor: "operator", note: "drain")
            _ = try await gateway.store(30)
            try await eventually(within: .seconds(30)) { order.value.count == 150 }
            let isOld = order.value.map(old.contains)
            let lastFresh = isOld.lastIndex(of: false) ?? 0
            #expect(lastFresh < isOld.lastIndex(of: true) ?? 0)
            #expect(isOld.prefix(60).count(where: \.self) >= 30)
            // The next claim after the backlog's end forgets it.
            _ = try await gateway.store(1)
            try await eventually(within: .seconds(10)) {
                try await gateway.count("lane", where: "fresh_since IS NULL") == 1
            }
        }
        await sink.stop()
    }
}
