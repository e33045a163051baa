import Postgres
import SQL
import Sink
import Synchronization
import Tenants

/// What small tenants see alone, and beside one with a great backlog for a slow destination.
package enum FairnessBench {
    private static let small = 99
    /// Of the big tenant's destination: longer than a worker's slots would take to hand around.
    private static let delay = Duration.seconds(1)
    /// More than a worker has slots, so that it takes all that nobody else wants.
    private static let bigInFlight: Int32 = 1_000
    private static let slots = 512.0

    package static func run(backlog: Int, seconds: Int) async throws -> Results {
        try await BenchServer.with { server in
            var results = Results("fairness")
            let loop = try Loop()
            defer { loop.stop() }
            let client = server.client(on: loop)
            let configure = server.client(on: loop, statements: TenantStore.statements)
            try await results.describe(client)
            let store = TenantStore(configure, secrets: try Fixture.secrets())

            let arrivals = (0..<small).map { _ in Arrivals() }
            let sink = try await Sink.counting { _, body in
                if let tenant = Int(String(decoding: body.dropFirst(20).prefix(4), as: UTF8.self)) {
                    arrivals[tenant].record(body)
                }
            }
            var fixtures: [Fixture] = []
            for number in 0..<small {
                fixtures.append(try await Fixture.make(store, name: "small-\(number)", url: sink.url))
            }
            let slowSink = try await Sink.start { _ in Reply(delay: delay) }
            let big = try await Fixture.make(store, name: "big", url: slowSink.url, maxInFlight: bigInFlight)

            let serve = try await GatewayProcess.start("serve", server)
            let work = try await GatewayProcess.start("work", server)
            defer {
                serve.stop()
                work.stop()
            }
            // The first requests open connections.
            _ = try await load(serve.port, fixtures, seconds: 3)
            let alone = try await measure(serve.port, fixtures, arrivals, seconds: seconds)

            try await big.fill(
                client, big.destinations[0], count: backlog, body: Array(kibibyte.prefix(100)), first: 1 << 40)
            for statement in ["bench.settle_ready", "bench.settle_request", "bench.settle_writes"] {
                _ = try await client.execute(SQL[statement])
            }
            _ = try await load(serve.port, fixtures, seconds: 1)
            try await wait(for: slowSink)
            let (before, start) = (slowSink.requests, ContinuousClock.now)
            let beside = try await measure(serve.port, fixtures, arrivals, seconds: seconds)
            let rate = Double(slowSink.requests - before) / elapsed(since: start)

            results.add("POST to arrival, alone, p50", Double(alone.all.p50) / 1000, "ms")
            results.add("POST to arrival, alone, p99", Double(alone.all.p99) / 1000, "ms")
            results.add("POST to arrival, beside \(backlog), p50", Double(beside.all.p50) / 1000, "ms")
            results.add("POST to arrival, beside \(backlog), p99", Double(beside.all.p99) / 1000, "ms")
            results.add("p99 beside / alone", Double(beside.all.p99) / Double(alone.all.p99), "ratio", target: "<= 3")
            results.add("Jain index of the small tenants", beside.jain, "", target: ">= 0.95")
            results.add("big tenant's deliveries/s", rate, "1/s")
            results.add("of what the worker's slots allow", rate / slots, "ratio", target: "~ 1")
            await sink.stop()
            await slowSink.stop()
            await client.close()
            await configure.close()
            return results
        }
    }

    private static func measure(
        _ port: Int, _ fixtures: [Fixture], _ arrivals: [Arrivals], seconds: Int
    ) async throws -> (all: Histogram, jain: Double) {
        for arrival in arrivals { arrival.reset() }
        _ = try await load(port, fixtures, seconds: seconds)
        var all = Histogram()
        for arrival in arrivals { all.merge(arrival.histogram) }
        return (all, jain(arrivals.map { Double($0.histogram.count) }))
    }

    /// One request a second from each tenant.
    private static func load(_ port: Int, _ fixtures: [Fixture], seconds: Int) async throws -> LoadReport {
        let heads = fixtures.map { ["Sluice-Key: \($0.key.text)"] }
        var load = Load(
            port: port, extent: .duration(.seconds(seconds)),
            requests: .each { number in
                let tenant = number % heads.count
                let mark = String(repeating: "0", count: 4 - String(tenant).count) + String(tenant)
                return Load.post(
                    "/in/d0/bench", headers: heads[tenant],
                    body: Arrivals.stamp() + Array(mark.utf8) + kibibyte.dropFirst(24))
            })
        load.connections = 16
        load.pace = .open(perSecond: Double(fixtures.count))
        let report = try await load.run()
        // What was answered last is still to arrive: in milliseconds, or when the big tenant's answers free slots.
        try await Task.sleep(for: delay)
        return report
    }

    /// Until the big tenant's backlog fills the worker's slots.
    private static func wait(for sink: Sink) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while sink.requests < Int(slots) * 2 {
            guard ContinuousClock.now < deadline else { throw BenchError("the backlog was not claimed") }
            // A tenth of the delay for which the slots are taken.
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// R. Jain's index: 1 where all have the same, 1/n where one has all.
    private static func jain(_ shares: [Double]) -> Double {
        let sum = shares.reduce(0, +)
        return sum * sum / (Double(shares.count) * shares.reduce(0) { $0 + $1 * $1 })
    }
}
