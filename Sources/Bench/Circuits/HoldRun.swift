import Circuits
import Model
import Postgres
import SQL
import Tenants

/// A worker with nothing to do beside open circuits with a backlog, and what a change of such a circuit writes.
struct HoldRun {
    private static let circuits = 1_000
    private static let observed = Duration.seconds(30)

    let site: CircuitSite
    let held: Int

    func measure(into results: inout Results) async throws {
        let fixture = try await Fixture.make(
            site.tenants, name: "hold", destinations: Self.circuits, url: "http://127.0.0.1:9")
        let owner = Parameters(fixture.shard, fixture.tenant.uuid)
        _ = try await site.client.execute(SQL["bench.open_circuits"], owner)
        _ = try await site.client.execute(SQL["bench.hold"], owner)
        for (number, destination) in fixture.destinations.enumerated() {
            try await fixture.fill(
                site.client, destination, count: held / Self.circuits, body: Array(kibibyte.prefix(100)),
                first: Int64(number) << 24)
        }
        try await BenchServer.settle(site.client)
        let worker = try await GatewayProcess.start("work", site.server)
        // Ten polls: what a worker does once, at its start, is not what it costs when idle.
        try await Task.sleep(for: .seconds(5))
        let (before, start) = (worker.processorSeconds, ContinuousClock.now)
        try await Task.sleep(for: Self.observed)
        let share = (worker.processorSeconds - before) / elapsed(since: start) * 100
        worker.stop()
        results.add("idle worker beside \(Self.circuits) open circuits", share, "% of a core", target: "<= 1")

        let key = CircuitKey(shard: fixture.shard, tenant: fixture.tenant, destination: fixture.destinations[0].id)
        let commands = ["force", "pause", "resume"]
        // The first change of a page after a checkpoint is logged as a whole page, and is not what a change costs.
        for command in commands { _ = try await site.circuits.command(command, key, actor: "bench", note: "warm") }
        for command in commands {
            _ = try await site.client.query(SQL["bench.reset_calls"])
            _ = try await site.circuits.command(command, key, actor: "bench", note: "measured")
            let bytes: Int64 = try await site.client.query(SQL["bench.command_wal"]).first?.decode(0) ?? 0
            results.add("WAL of \(command) beside \(held) held", Double(bytes), "bytes", target: "<= 4,096")
        }
    }
}
