import Foundation
import Postgres
import SQL
import Tenants

/// 202s a second of an API that reaches its server through PgBouncer in transaction mode, against one without.
package enum PoolerBench {
    package static func run(seconds: Int, rounds: Int) async throws -> Results {
        try await BenchServer.with { server in
            var results = Results("pooler")
            let loop = try Loop()
            defer { loop.stop() }
            let configure = server.client(on: loop, statements: TenantStore.statements + SQL.benchStatements)
            try await results.describe(configure)
            let fixture = try await Fixture.make(
                TenantStore(configure, secrets: try Fixture.secrets()), name: "bench", url: "http://127.0.0.1:9")
            let pooler = try await server.pooler()
            let direct = try await GatewayProcess.start("serve", server)
            defer { direct.stop() }
            let pooled = try await GatewayProcess.start(
                "serve", server,
                environment: [
                    "SLUICE_DATABASE_URL": pooler.connectionString,
                    "SLUICE_DATABASE_DIRECT_URL": server.connectionString,
                ])
            defer { pooled.stop() }

            let request = Load.Requests.same(IngestBench.singleRequest(fixture))
            var (rates, latencies): ([Int: [Double]], [Int: [Double]]) = ([:], [:])
            for round in 0..<rounds {
                // The other way round each time: a table that grows slows the second.
                for gateway in round % 2 == 0 ? [direct, pooled] : [pooled, direct] {
                    let report = try await IngestBench.load(gateway.port, seconds: seconds, request)
                    rates[gateway.port, default: []].append(report.rate)
                    latencies[gateway.port, default: []].append(Double(report.latency.p99) / 1000)
                }
            }
            let (with, without) = (rates[pooled.port] ?? [], rates[direct.port] ?? [])
            results.add("202s/s, direct", median(without), "1/s")
            results.add("202s/s through PgBouncer", median(with), "1/s")
            results.add("through / direct", median(zip(with, without).map { $0 / $1 }), "ratio", target: ">= 0.8")
            results.add("p99 of a 202, direct", median(latencies[direct.port] ?? []), "ms")
            results.add("p99 of a 202 through PgBouncer", median(latencies[pooled.port] ?? []), "ms")
            await configure.close()
            try await pooler.kill()
            return results
        }
    }
}
