import Foundation
import Postgres
import SQL
import Tenants

/// Durable 202s a second over HTTP, against single-row inserts of the same payload by pgbench in the same server.
package enum IngestBench {
    static let connections = 64

    package static func run(seconds: Int, rounds: Int) async throws -> Results {
        try await BenchServer.with { server in
            var results = Results("ingest")
            let loop = try Loop()
            defer { loop.stop() }
            let client = server.client(on: loop)
            let configure = server.client(on: loop, statements: TenantStore.statements)
            try await results.describe(client)
            let store = TenantStore(configure, secrets: try Fixture.secrets())
            let fixture = try await Fixture.make(store, name: "bench", url: "http://127.0.0.1:9")
            let limited = try await limitedTenants(store)
            let gateway = try await GatewayProcess.start("serve", server)
            defer { gateway.stop() }

            var inserts: [Double] = []
            var singles: [Double] = []
            var full: [Double] = []
            var batches: [Double] = []
            var latencies: [Double] = []
            for round in 0..<rounds {
                inserts.append(try pgbench(server, seconds: seconds))
                let single = try await load(gateway.port, seconds: seconds, .same(singleRequest(fixture)))
                singles.append(single.rate)
                latencies.append(Double(single.latency.p99) / 1000)
                full.append(try await load(gateway.port, seconds: seconds, fullRequests(limited, round)).rate)
                let batch = try await load(
                    gateway.port, seconds: seconds, .same(batchRequest(fixture)), connections: 8)
                batches.append(batch.rate * 100)
            }
            results.add("pgbench inserts/s, 64 clients", median(inserts), "1/s")
            results.add("202s/s, 64 connections", median(singles), "1/s")
            results.add("202s / inserts", median(zip(singles, inserts).map { $0 / $1 }), "ratio", target: ">= 1.5")
            results.add("p99 of a 202", median(latencies), "ms")
            results.add("202s/s, 100 limited tenants, idempotency keys", median(full), "1/s")
            results.add(
                "with limits and keys / 202s", median(zip(full, singles).map { $0 / $1 }), "ratio", target: ">= 0.85")
            results.add("NDJSON of 100, requests/s", median(batches), "1/s")
            results.add("NDJSON / 202s", median(zip(batches, singles).map { $0 / $1 }), "ratio", target: ">= 3")
            results.add("API resident", gateway.memory.peak, "MB", target: "<= 150")
            await client.close()
            await configure.close()
            return results
        }
    }

    static func singleRequest(_ fixture: Fixture) -> [UInt8] {
        Load.post(
            "/in/d0/bench", headers: ["Sluice-Key: \(fixture.key.text)", "Content-Type: text/plain"], body: kibibyte)
    }

    /// With limits that hold nobody up.
    private static func limitedTenants(_ store: TenantStore) async throws -> [Fixture] {
        var fixtures: [Fixture] = []
        for number in 0..<100 {
            fixtures.append(try await Fixture.make(store, name: "limited-\(number)", url: "http://127.0.0.1:9"))
            try await store.changeQuotas(
                ["ingest_rate": 1_000_000, "max_waiting": 1_000_000_000, "max_body_bytes": 1_048_576],
                of: "limited-\(number)")
        }
        return fixtures
    }

    /// Each tenant in turn, each request with a key of its own. Made by copying, so that the load stays as cheap as one
    /// that sends the same bytes.
    private static func fullRequests(_ fixtures: [Fixture], _ round: Int) -> Load.Requests {
        let mark = [UInt8]("0000000000".utf8)
        let requests = fixtures.map { fixture in
            Load.post(
                "/in/d0/bench",
                headers: [
                    "Sluice-Key: \(fixture.key.text)", "Content-Type: text/plain",
                    "Idempotency-Key: \"\(round)-\(String(decoding: mark, as: UTF8.self))\"",
                ], body: kibibyte)
        }
        let places = requests.map { $0.firstRange(of: mark)?.upperBound ?? mark.count }
        return .each { number in
            var request = requests[number % requests.count]
            var (place, rest) = (places[number % requests.count], number)
            while rest > 0 {
                place -= 1
                request[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
            return request
        }
    }

    private static func batchRequest(_ fixture: Fixture) -> [UInt8] {
        let body = String(decoding: kibibyte, as: UTF8.self)
        let line = #"{"destination":"d0","path":"/bench","body_text":"\#(body)"}"# + "\n"
        let bytes = [UInt8](String(repeating: line, count: 100).utf8)
        return Load.post(
            "/v1/requests", headers: ["Sluice-Key: \(fixture.key.text)", "Content-Type: application/x-ndjson"],
            body: bytes)
    }

    static func load(
        _ port: Int, seconds: Int, _ requests: Load.Requests, connections: Int = connections
    ) async throws -> LoadReport {
        var load = Load(port: port, extent: .duration(.seconds(seconds)), requests: requests)
        load.connections = connections
        load.warmUp = .seconds(2)
        let report = try await load.run()
        guard report.successes == report.requests, report.requests > 0 else {
            throw BenchError("answers other than 2xx: \(report.statuses), \(report.errors)")
        }
        return report
    }

    /// By a count that takes about as long (`-T` needs SIGALRM, which children of this process inherit blocked).
    private static func pgbench(_ server: BenchServer, seconds: Int) throws -> Double {
        let script = server.directory.appendingPathComponent("insert.sql")
        let insert = SQL["bench.insert"].sql.replacing("$1", with: ":payload") + ";\n"
        try insert.write(to: script, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "pgbench", "-n", "-M", "prepared", "-c", "\(connections)", "-j", "2", "-t", "\(seconds * 250)", "-f",
            script.path,
            "-D", "payload=\(String(decoding: kibibyte, as: UTF8.self))", server.connectionString,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let line = text.split(separator: "\n").first { $0.hasPrefix("tps = ") } ?? ""
        guard let rate = line.split(separator: " ").dropFirst(2).first.flatMap({ Double($0) }) else {
            throw BenchError("pgbench (Debian's postgresql package) did not run: \(text)")
        }
        return rate
    }
}
