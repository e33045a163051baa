import Foundation
import Model
import Postgres
import Requests
import SQL
import Sink
import Tenants
import Worker

/// Deliveries a second from storage to a local sink, against the same HTTP client without a database, alone and beside
/// held work.
package enum DrainBench {
    package static func run(requests: Int, held: Int, rounds: Int) async throws -> Results {
        try await BenchServer.with { server in
            var results = Results("drain")
            let loop = try Loop()
            defer { loop.stop() }
            let client = server.client(on: loop)
            let configure = server.client(on: loop, statements: TenantStore.statements)
            try await results.describe(client)
            let sink = try await Sink.counting()
            let store = TenantStore(configure, secrets: try Fixture.secrets())
            let fixture = try await Fixture.make(store, name: "bench", url: sink.url)
            let run = DrainRun(server: server, client: client, fixture: fixture, sink: sink, requests: requests)
            let direct = DirectPost(
                destination: fixture.destinations[0], egress: try EgressRules(allowing: "127.0.0.0/8"))

            var posts: [Double] = []
            var alone: [DrainRun.Figures] = []
            for _ in 0..<rounds {
                let start = ContinuousClock.now
                let delivered = await direct.post(kibibyte, times: requests, concurrency: 512)
                posts.append(Double(delivered) / elapsed(since: start))
                alone.append(try await run.measure())
            }
            results.add("direct posts/s", median(posts), "1/s")
            results.add(
                "drain deliveries/s", median(alone.map(\.rate)), "1/s", target: "> 10,800 on the reference machine")
            results.add("drain / direct", median(zip(alone, posts).map { $0.rate / $1 }), "ratio", target: ">= 0.7")
            results.add("statements / delivery", median(alone.map(\.statements)), "", target: "<= 0.2")
            results.add("worker resident", alone.map(\.memory).max() ?? 0, "MB", target: "<= 150")

            if held > 0 {
                let backlog = try await HeldBacklog.make(held, store, client, url: sink.url)
                var beside: [DrainRun.Figures] = []
                for _ in 0..<rounds { beside.append(try await run.measure()) }
                try await backlog.release()
                var after: [Double] = []
                for _ in 0..<rounds { after.append(try await run.measure().rate) }
                results.add("drain beside \(held) held, deliveries/s", median(beside.map(\.rate)), "1/s")
                results.add("drain when they are gone, deliveries/s", median(after), "1/s")
                results.add("beside / alone", median(beside.map(\.rate)) / median(after), "ratio", target: ">= 0.97")
                results.add("worker resident beside held", beside.map(\.memory).max() ?? 0, "MB", target: "<= 150")
            }
            try await direct.shutdown()
            await sink.stop()
            await client.close()
            await configure.close()
            return results
        }
    }
}

/// Fills a lane, lets a worker process drain it, and measures from the first to the last arrival at the sink.
struct DrainRun {
    struct Figures {
        let rate: Double
        let statements: Double
        let memory: Double
    }

    let server: BenchServer
    let client: Client
    let fixture: Fixture
    let sink: Sink
    let requests: Int

    func measure() async throws -> Figures {
        let destination = fixture.destinations[0]
        let first = Int64(sink.requests) + Int64.random(in: 0..<1 << 30) << 17
        try await fixture.fill(client, destination, count: requests, body: kibibyte, first: first)
        _ = try await client.query(SQL["bench.reset_calls"])
        let before = sink.requests
        let worker = try await GatewayProcess.start("work", server)
        let arming = try Loop()
        let armClient = server.client(on: arming, statements: DeliveryStore.claimStatements)
        try await DeliveryStore(armClient).arm([destination.lane])
        var start: (at: ContinuousClock.Instant, count: Int)?
        let deadline = ContinuousClock.now + .seconds(300)
        while sink.requests < before + requests, ContinuousClock.now < deadline {
            // The first tenth warms caches and connections.
            if start == nil, sink.requests >= before + requests / 10 { start = (.now, sink.requests) }
            // A thousandth of a drain, so that looking neither costs nor blurs it.
            try await Task.sleep(for: .milliseconds(2))
        }
        let end = ContinuousClock.now
        let memory = worker.memory.peak
        let calls: Int64 = try await client.query(SQL["bench.calls"]).first?.decode(0) ?? 0
        worker.stop()
        await armClient.close()
        arming.stop()
        guard let start, sink.requests >= before + requests else { throw BenchError("the drain did not end in time") }
        let (seconds, attoseconds) = (end - start.at).components
        return Figures(
            rate: Double(before + requests - start.count) / (Double(seconds) + Double(attoseconds) / 1e18),
            statements: Double(calls) / Double(requests), memory: memory)
    }
}
