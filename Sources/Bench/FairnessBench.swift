import Postgres
import Sink
import Tenants

/// What small tenants see alone, and beside one with a great backlog for a slow destination.
package enum FairnessBench {
    private static let small = 99
    /// Of the big tenant's destination: longer than a worker's slots would take to hand around.
    private static let delay = Duration.seconds(1)
    /// More than a worker has slots, so that it takes all that nobody else wants.
    private static let bigInFlight: Int32 = 1_000
    private static let slots = 512.0
    /// What was accepted last is still to arrive: in milliseconds, or when the big tenant's answers free slots.
    private static let patience = Duration.seconds(10)

    package static func run(backlog: Int, seconds: Int) async throws -> Results {
        try await BenchServer.with { server in
            var results = Results("fairness")
            let loop = try Loop()
            defer { loop.stop() }
            let client = server.client(on: loop)
            let configure = server.client(on: loop, statements: TenantStore.statements)
            try await results.describe(client)
            let store = TenantStore(configure, secrets: try Fixture.secrets())

            let waits = Waits(tenants: small)
            let sink = try await Sink.counting { _, body in waits.arrive(body) }
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
            try await load(serve.port, fixtures, waits, first: 0, seconds: 3)
            try await BenchServer.settle(client)
            let alone = try await measure(serve.port, fixtures, waits, first: 1_000_000, seconds: seconds)

            try await big.fill(
                client, big.destinations[0], count: backlog, body: Array(kibibyte.prefix(100)), first: 1 << 40)
            try await wait(for: slowSink)
            try await BenchServer.settle(client)
            try await load(serve.port, fixtures, waits, first: 2_000_000, seconds: 3)
            let (before, start) = (slowSink.requests, ContinuousClock.now)
            let beside = try await measure(serve.port, fixtures, waits, first: 3_000_000, seconds: seconds)
            let rate = Double(slowSink.requests - before) / elapsed(since: start)

            results.add("202 to arrival, alone, p50", Double(alone.waits.p50) / 1000, "ms")
            results.add("202 to arrival, alone, p99", Double(alone.waits.p99) / 1000, "ms")
            results.add("202 to arrival, beside \(backlog), p50", Double(beside.waits.p50) / 1000, "ms")
            results.add("202 to arrival, beside \(backlog), p99", Double(beside.waits.p99) / 1000, "ms")
            results.add(
                "p99 beside / alone", Double(beside.waits.p99) / Double(max(alone.waits.p99, 1)), "ratio",
                target: "<= 3")
            results.add("arrived / accepted, beside", beside.arrived, "ratio", target: "1")
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
        _ port: Int, _ fixtures: [Fixture], _ waits: Waits, first: Int, seconds: Int
    ) async throws -> (waits: Histogram, jain: Double, arrived: Double) {
        waits.reset()
        try await load(port, fixtures, waits, first: first, seconds: seconds)
        let deadline = ContinuousClock.now + patience
        // The figures are of the arrivals' own times: how often it looks changes nothing.
        while waits.underway > 0, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        let histogram = waits.histogram
        let arrived = Double(histogram.count) / Double(max(histogram.count + waits.underway, 1))
        return (histogram, jain(waits.counts.map(Double.init)), arrived)
    }

    /// One request a second from each tenant, numbered from `first`: what is late of one load is not taken for another's.
    private static func load(
        _ port: Int, _ fixtures: [Fixture], _ waits: Waits, first: Int, seconds: Int
    ) async throws {
        let heads = fixtures.map { ["Sluice-Key: \($0.key.text)"] }
        var load = Load(
            port: port, extent: .duration(.seconds(seconds)),
            requests: .each { number in
                Load.post(
                    "/in/d0/bench", headers: heads[(first + number) % heads.count],
                    body: Waits.stamp(first + number) + kibibyte.dropFirst(20))
            })
        load.onAnswer = { number, status in if status == 202 { waits.accept(first + number) } }
        load.connections = 16
        load.pace = .open(perSecond: Double(fixtures.count))
        _ = try await load.run()
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
