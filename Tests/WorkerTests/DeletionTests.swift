import Circuits
import Model
import Postgres
import Requests
import Sink
import Tenants
import TestSupport
import Testing

/// A destination is deleted while its circuit is open and deliveries wait.
struct DeletionTests {
    private static let tables = [
        "lane", "circuit", "circuit_bucket", "circuit_event", "circuit_policy", "health_check", "destination", "ready",
        "in_flight", "dead_letter",
    ]

    @Test func nothingIsLeftOfADestinationWhoseCircuitWasOpen() async throws {
        try await withSink(.status(503)) { sink, _ in
            try await withGateway(
                to: sink, policy: CircuitTests.hasty, { $0.retry.maxAttempts = 100 }
            ) { gateway in
                let ids = try await gateway.store(30)
                try await eventually(within: .seconds(20)) { try await gateway.circuit().state == .open }
                try await HealthStore(gateway.client).put(
                    HealthCheckDefinition(
                        shard: gateway.key.shard, tenant: gateway.key.tenant, destination: gateway.key.destination,
                        kind: .tcp, target: "127.0.0.1:\(sink.port)"))
                let tenants = TenantStore(gateway.client, secrets: try SecretBox(base64: SecretBox.newKey()))
                func delete(_ backlog: Destination.Backlog) async throws -> TenantStore.Deletion {
                    try await tenants.deleteDestination(
                        gateway.destination.id, tenant: gateway.key.tenant, shard: gateway.key.shard, backlog: backlog)
                }
                #expect(try await delete(.refuse) == .waiting(30))
                #expect(try await delete(.cancel) == .begun(waiting: 30))
                try await eventually(within: .seconds(20)) {
                    try await finish(gateway.client)
                    for table in Self.tables where try await gateway.count(table) > 0 { return false }
                    return true
                }
                // What became of the requests is still told, and late probes and reports write nothing.
                let states = try await gateway.client.query(
                    Statement(
                        "SELECT v.state FROM sluice.request q JOIN sluice.delivery v USING (shard, tenant_id, request_id)"
                    ))
                #expect(states.count == ids.count)
                for row in states { #expect(try row.decode(0, as: String.self) == "cancelled") }
                // Longer than any wait of the circuit's.
                try await Task.sleep(for: .seconds(2))
                for table in Self.tables { #expect(try await gateway.count(table) == 0, "\(table)") }
            }
        }
    }

    @Test func aBacklogIsDrainedFirst() async throws {
        try await withSink(Reply(delay: .milliseconds(50))) { sink, received in
            try await withGateway(to: sink, { $0.maxInFlight = 2 }) { gateway in
                _ = try await gateway.store(10)
                let tenants = TenantStore(gateway.client, secrets: try SecretBox(base64: SecretBox.newKey()))
                let deletion = try await tenants.deleteDestination(
                    gateway.destination.id, tenant: gateway.key.tenant, shard: gateway.key.shard, backlog: .drain)
                guard case .begun = deletion else { return #expect(Bool(false), "\(deletion)") }
                let snapshot = try await tenants.snapshot()
                #expect(snapshot.destination(named: "sink", of: gateway.key.tenant) == nil)
                #expect(snapshot.destination(gateway.destination.lane) != nil)
                try await eventually(within: .seconds(20)) {
                    try await finish(gateway.client)
                    return try await gateway.count("destination") == 0
                }
                #expect(received.value.count == 10)
            }
        }
    }

    /// As the leader does, without its grace.
    private func finish(_ client: Client) async throws {
        _ = try await client.query(
            Statement(
                """
                SELECT sluice.finish_deletions(array_agg(s::smallint), '\(WorkerID.new())'::uuid, '0 s', 7)
                FROM generate_series(0, 63) s
                """))
    }
}
