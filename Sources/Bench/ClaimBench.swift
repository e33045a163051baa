import Model
import Postgres
import Requests
import SQL
import Synchronization
import Tenants

/// Claim and report without HTTP, against a pgmq-style read and archive in batches of 100 by the same client.
package enum ClaimBench {
    static let lanes = 8
    static let rowsPerConnection = 30_000

    package static func run(rounds: Int) async throws -> Results {
        try await BenchServer.with { server in
            var results = Results("claim")
            let loop = try Loop()
            defer { loop.stop() }
            let client = server.client(on: loop)
            let configure = server.client(on: loop, statements: TenantStore.statements)
            try await results.describe(client)
            let fixture = try await Fixture.make(
                TenantStore(configure, secrets: Fixture.secrets()), name: "bench", destinations: lanes,
                url: "http://127.0.0.1:9", maxInFlight: 10_000)
            var first: Int64 = 0
            for connections in [1, 4] {
                var queue: [Double] = []
                var ours: [Double] = []
                for _ in 0..<rounds {
                    let rows = rowsPerConnection * connections
                    _ = try await client.execute(
                        SQL["bench.queue_fill"], Parameters(Int32(rows), String(decoding: kibibyte, as: UTF8.self)))
                    queue.append(try await readQueue(server, loop, connections: connections, rows: rows))
                    for destination in fixture.destinations {
                        try await fixture.fill(client, destination, count: rows / lanes, body: kibibyte, first: first)
                        first += Int64(rows / lanes)
                    }
                    ours.append(
                        try await claim(server, loop, fixture, connections: connections, rows: rows / lanes * lanes))
                }
                results.add("pgmq-style rows/s, \(connections) connections", median(queue), "1/s")
                results.add("claim + report rows/s, \(connections) connections", median(ours), "1/s")
                results.add(
                    "claim / pgmq-style, \(connections) connections", median(zip(ours, queue).map { $0 / $1 }), "ratio",
                    target: ">= 2")
            }
            await client.close()
            await configure.close()
            return results
        }
    }

    /// Rows a second of `connections` tasks that each work until no row is left.
    private static func measure(
        connections: Int, rows: Int, step: @escaping @Sendable () async throws -> Int
    ) async throws -> Double {
        let done = Tally()
        let start = ContinuousClock.now
        try await withThrowingTaskGroup { group in
            for _ in 0..<connections {
                group.addTask {
                    while done.count < rows { done.add(try await step()) }
                }
            }
            try await group.waitForAll()
        }
        return Double(rows) / elapsed(since: start)
    }

    private static func readQueue(_ server: BenchServer, _ loop: Loop, connections: Int, rows: Int) async throws
        -> Double
    {
        let client = server.baselineClient(on: loop, connections: connections)
        let rate = try await measure(connections: connections, rows: rows) {
            let messages = try await client.execute(
                SQL["bench.queue_read"], Parameters(Duration.seconds(30), Int32(100)))
            let ids = try messages.map { try $0.decode(0, as: Int64.self) }
            _ = try await client.execute(SQL["bench.queue_archive"], Parameters(ids))
            return ids.count
        }
        await client.close()
        return rate
    }

    private static func claim(
        _ server: BenchServer, _ loop: Loop, _ fixture: Fixture, connections: Int, rows: Int
    ) async throws -> Double {
        let client = server.client(
            on: loop, connections: connections,
            statements: DeliveryStore.claimStatements + DeliveryStore.reportStatements)
        let store = DeliveryStore(client)
        try await store.arm(fixture.destinations.map(\.lane))
        var limits = DeliveryStore.ClaimLimits()
        limits.lanes = Int32(max(1, lanes / connections))
        limits.rows = 256
        let rate = try await measure(connections: connections, rows: rows) { [limits] in
            let deliveries = try await store.claim(shard: fixture.shard, worker: .new(), limits: limits).deliveries
            guard !deliveries.isEmpty else { return 0 }
            let reports = deliveries.map { Report($0, Outcome(.delivered, .delivered, latency: .milliseconds(1))) }
            return try await store.report(reports, within: .seconds(10)).count
        }
        await client.close()
        return rate
    }
}

private final class Tally: Sendable {
    private let value = Mutex(0)
    var count: Int { value.withLock { $0 } }
    func add(_ more: Int) { value.withLock { $0 += more } }
}
