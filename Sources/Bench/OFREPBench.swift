import FlagEngine
import JSON
import Postgres
import Tenants

/// Evaluations of one flag a second over HTTP, against an endpoint of the same server that answers a constant.
package enum OFREPBench {
    package static func run(seconds: Int, rounds: Int) async throws -> Results {
        try await BenchServer.with { server in
            var results = Results("ofrep")
            let loop = try Loop()
            defer { loop.stop() }
            let configure = server.client(on: loop, statements: TenantStore.statements)
            try await results.describe(server.client(on: loop))
            let store = TenantStore(configure, secrets: try Fixture.secrets())
            let fixture = try await Fixture.make(store, name: "bench", destinations: 0, url: "http://127.0.0.1:9")
            let environment = FlagEnvironment(tenant: fixture.tenant, shard: fixture.shard)
            for (key, definition) in FlagBench.definitions {
                let flag = try CheckedFlag(key, try JSONValue(parsing: Array(definition.utf8)), for: nil)
                try await store.putFlag(flag, in: environment, by: FlagAuthor("bench"))
            }
            let gateway = try await GatewayProcess.start("serve", server)
            defer { gateway.stop() }

            let constant = Array("GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8)
            var rates: [String: [Double]] = [:]
            for _ in 0..<rounds {
                for (name, request) in [
                    ("constant", constant), ("static", evaluation(fixture, "/static")),
                    ("targeting", evaluation(fixture, "/targeting")), ("all", evaluation(fixture, "")),
                ] {
                    let report = try await IngestBench.load(gateway.port, seconds: seconds, .same(request))
                    rates[name, default: []].append(report.rate)
                }
            }
            let constants = rates["constant"] ?? []
            results.add("answers/s of a constant", median(constants), "1/s")
            for name in ["static", "targeting"] {
                let found = rates[name] ?? []
                results.add("evaluations/s, \(name)", median(found), "1/s")
                results.add(
                    "\(name) / constant", median(zip(found, constants).map { $0 / $1 }), "ratio", target: ">= 0.8")
            }
            results.add(
                "bulk evaluations/s, of \(FlagBench.definitions.count) flags", median(rates["all"] ?? []), "1/s")
            results.add("API resident", gateway.memory.peak, "MB")
            await configure.close()
            return results
        }
    }

    private static func evaluation(_ fixture: Fixture, _ path: String) -> [UInt8] {
        Load.post(
            "/ofrep/v1/evaluate/flags" + path,
            headers: ["Authorization: Bearer \(fixture.key.text)", "Content-Type: application/json"],
            body: Array(#"{"context": \#(FlagBench.context)}"#.utf8))
    }
}
