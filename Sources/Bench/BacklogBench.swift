import Model
import Postgres
import Requests
import SQL
import Tenants

/// What a claim costs beside work that is held: buffers and time with nothing held, then with a million rows.
package enum BacklogBench {
    static let claims = 50
    static let rowsPerClaim = 100

    package static func run(held: Int) async throws -> Results {
        try await BenchServer.with { server in
            var results = Results("backlog")
            let loop = try Loop()
            defer { loop.stop() }
            let client = server.client(on: loop)
            let configure = server.client(on: loop, statements: TenantStore.statements)
            try await results.describe(client)
            let store = TenantStore(configure, secrets: try Fixture.secrets())
            let fixture = try await Fixture.make(store, name: "bench", url: "http://127.0.0.1:9", maxInFlight: 10_000)
            let backlog = try await HeldBacklog.make(held, store, client, url: "http://127.0.0.1:9")
            let many = try await measure(server, loop, fixture, client, first: 1 << 40)
            let worker = try await GatewayProcess.start("work", server)
            // Ten polls, so that what an idle worker allocates is there when its size is read.
            try await Task.sleep(for: .seconds(5))
            let memory = worker.memory
            worker.stop()
            try await backlog.release()
            let none = try await measure(server, loop, fixture, client, first: 1 << 41)

            results.add("buffers of a claim, nothing held", none.buffers, "pages")
            results.add("buffers of a claim, \(held) held", many.buffers, "pages")
            results.add("buffers, held / none", many.buffers / none.buffers, "ratio", target: "0.9 to 1.1")
            results.add("claim, nothing held", none.milliseconds, "ms")
            results.add("claim, \(held) held", many.milliseconds, "ms")
            results.add("time, held / none", many.milliseconds / none.milliseconds, "ratio")
            results.add("idle worker resident", memory.peak, "MB", target: "<= 150")
            await client.close()
            await configure.close()
            return results
        }
    }

    /// Medians of full claims of a lane, by the server's own count.
    private static func measure(
        _ server: BenchServer, _ loop: Loop, _ fixture: Fixture, _ client: Client, first: Int64
    ) async throws -> (buffers: Double, milliseconds: Double) {
        let destination = fixture.destinations[0]
        try await fixture.fill(client, destination, count: claims * rowsPerClaim, body: kibibyte, first: first)
        let claimer = server.client(
            on: loop, statements: DeliveryStore.claimStatements + DeliveryStore.reportStatements)
        let store = DeliveryStore(claimer)
        try await store.arm([destination.lane])
        var limits = DeliveryStore.ClaimLimits()
        limits.rows = Int32(rowsPerClaim)
        var buffers: [Double] = []
        var times: [Double] = []
        while true {
            _ = try await client.query(SQL["bench.reset_calls"])
            let start = ContinuousClock.now
            let deliveries = try await store.claim(shard: fixture.shard, worker: .new(), limits: limits).deliveries
            times.append(elapsed(since: start) * 1000)
            guard deliveries.count == rowsPerClaim else { break }
            let row = try await client.query(SQL["bench.claim_buffers"]).first
            buffers.append(Double(try row?.decode(0, as: Int64.self) ?? 0))
            _ = try await store.report(
                deliveries.map { Report($0, Outcome(.delivered, .delivered)) }, within: .seconds(10))
        }
        await claimer.close()
        return (median(buffers), median(times))
    }
}
