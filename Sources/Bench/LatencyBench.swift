import Model
import Postgres
import SQL
import Sink
import Tenants

/// From the start of a POST to its arrival at the sink, at a fixed rate, against one durable insert and one direct POST.
package enum LatencyBench {
    package static func run(seconds: Int, perSecond: Double) async throws -> Results {
        try await BenchServer.with { server in
            var results = Results("latency")
            let loop = try Loop()
            defer { loop.stop() }
            let client = server.client(on: loop)
            let configure = server.client(on: loop, statements: TenantStore.statements)
            try await results.describe(client)
            let arrivals = Arrivals()
            let sink = try await Sink.counting { _, body in arrivals.record(body) }
            let fixture = try await Fixture.make(
                TenantStore(configure, secrets: Fixture.secrets()), name: "bench", url: sink.url)
            let insert = try await inserts(client, seconds: seconds, perSecond: perSecond)
            let direct = try await load(sink.port, "/bench", [], seconds: seconds, perSecond: perSecond).latency
            let serve = try await GatewayProcess.start("serve", server)
            let work = try await GatewayProcess.start("work", server)
            defer {
                serve.stop()
                work.stop()
            }
            // The first requests open connections; they are not what a tenant sees day by day.
            let headers = ["Sluice-Key: \(fixture.key.text)"]
            _ = try await load(serve.port, "/in/d0/bench", headers, seconds: 3, perSecond: perSecond)
            try await arrivals.settle()
            arrivals.reset()
            let answers = try await load(serve.port, "/in/d0/bench", headers, seconds: seconds, perSecond: perSecond)
            try await arrivals.settle()
            let through = arrivals.histogram

            let baseline = Double(insert.p99 + direct.p99) / 1000
            results.add("durable insert, p99", Double(insert.p99) / 1000, "ms")
            results.add("direct POST, p99", Double(direct.p99) / 1000, "ms")
            results.add("202, p99", Double(answers.latency.p99) / 1000, "ms")
            results.add("POST to arrival, p50", Double(through.p50) / 1000, "ms")
            results.add("POST to arrival, p99", Double(through.p99) / 1000, "ms")
            results.add("arrived / answered", Double(through.count) / Double(max(answers.requests, 1)), "ratio")
            results.add("p99 / (insert + POST)", Double(through.p99) / 1000 / baseline, "ratio", target: "<= 2")
            await sink.stop()
            await client.close()
            await configure.close()
            return results
        }
    }

    /// Each request carries when it was sent, so that the sink knows how long it took.
    private static func load(
        _ port: Int, _ path: String, _ headers: [String], seconds: Int, perSecond: Double
    ) async throws -> LoadReport {
        var load = Load(
            port: port, extent: .duration(.seconds(seconds)),
            requests: .each { _ in Load.post(path, headers: headers, body: Arrivals.stamp() + kibibyte.dropFirst(20)) })
        load.connections = 16
        load.pace = .open(perSecond: perSecond)
        return try await load.run()
    }

    private static func inserts(_ client: Client, seconds: Int, perSecond: Double) async throws -> Histogram {
        var histogram = Histogram()
        let body = String(decoding: kibibyte, as: UTF8.self)
        let start = ContinuousClock.now
        for number in 0..<Int(Double(seconds) * perSecond) {
            try await Task.sleep(until: start + .seconds(Double(number) / perSecond), clock: .continuous)
            let sent = ContinuousClock.now
            _ = try await client.execute(SQL["bench.insert"], Parameters(body))
            histogram.record(.now - sent)
        }
        return histogram
    }
}
