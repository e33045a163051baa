import FlagEngine
import JSON
import Model
import Postgres
import Tenants

/// What a flag on a route costs the requests that take it: 202s a second for two topics, one with a gated route.
package enum GateBench {
    package static func run(seconds: Int, rounds: Int) async throws -> Results {
        try await BenchServer.with { server in
            var results = Results("gates")
            let loop = try Loop()
            defer { loop.stop() }
            let configure = server.client(on: loop, statements: TenantStore.statements)
            try await results.describe(server.client(on: loop))
            let store = TenantStore(configure, secrets: try Fixture.secrets())
            let fixture = try await Fixture.make(store, name: "bench", url: "http://127.0.0.1:9")
            try await makeRoutes(store, fixture)
            let gateway = try await GatewayProcess.start("serve", server)
            defer { gateway.stop() }

            var (plain, gated): ([Double], [Double]) = ([], [])
            for round in 0..<rounds {
                // The other way round each time: a table that grows slows the second.
                for topic in round % 2 == 0 ? ["plain", "gated"] : ["gated", "plain"] {
                    let report = try await IngestBench.load(
                        gateway.port, seconds: seconds, .same(request(fixture, topic)))
                    if topic == "plain" { plain.append(report.rate) } else { gated.append(report.rate) }
                }
            }
            results.add("202s/s by a route", median(plain), "1/s")
            results.add("202s/s by a route with a flag", median(gated), "1/s")
            results.add("with / without", median(zip(gated, plain).map { $0 / $1 }), "ratio", target: ">= 0.97")
            await configure.close()
            return results
        }
    }

    private static func makeRoutes(_ store: TenantStore, _ fixture: Fixture) async throws {
        let definition = """
            {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off", "targeting":
             {"if": [{"==": [{"var": "kind"}, "invoice"]}, {"fractional": [{"var": "targetingKey"}, ["on", 9999], ["on", 1]]}]}}
            """
        let environment = FlagEnvironment(tenant: fixture.tenant, shard: fixture.shard)
        let flag = try CheckedFlag("gate", try JSONValue(parsing: Array(definition.utf8)), for: nil)
        try await store.putFlag(flag, in: environment, by: FlagAuthor("bench"))
        for (name, gate) in [
            ("plain", nil),
            ("gated", RouteFlag("gate", otherwise: .skip, attributes: ["kind": .field(.header("x-kind"))])),
        ] {
            guard let pattern = TopicPattern(name) else { throw BenchError("\(name) is no topic") }
            var settings = RouteSettings(name: name, pattern: pattern, destination: "d0")
            settings.flag = gate
            _ = try await store.putRoute(
                settings, to: fixture.destinations[0].id, tenant: fixture.tenant, shard: fixture.shard)
        }
    }

    private static func request(_ fixture: Fixture, _ topic: String) -> [UInt8] {
        let text = String(decoding: kibibyte, as: UTF8.self)
        return Load.post(
            "/v1/requests", headers: ["Sluice-Key: \(fixture.key.text)", "Content-Type: application/json"],
            body: Array(
                #"{"topic": "\#(topic)", "headers": {"X-Kind": "invoice"}, "body_text": "\#(text)"}"#.utf8))
    }
}
