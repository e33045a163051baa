import Foundation
import Postgres
import TestSupport
import Testing

/// The stock OpenFeature SDK for Python evaluates flags of a live gateway, and several processes follow a change.
@Suite struct OpenFeatureTests {
    @Test(
        .enabled(if: python != nil, "scripts/python.sh was not run, which installs openfeature-provider-ofrep"),
        .timeLimit(.minutes(3)))
    func theStockClientGetsWhatIsDefined() async throws {
        let python = try #require(python)
        func fixture(_ name: String, _ type: String) throws -> URL {
            try #require(
                Bundle.module.url(forResource: name, withExtension: type, subdirectory: "Fixtures/openfeature"))
        }
        let (script, flags) = (try fixture("evaluate", "py"), try fixture("flags", "json"))
        try await withDatabase { database in
            try await withProcesses { processes in
                let site = try await Installation(
                    processes, database: database.connectionString, destination: "http://127.0.0.1:9")
                #expect(try await site.run(["flag", "import", "acme", flags.path]).contains("9 made"))
                let (_, caller) = try await site.serve()
                let run = try processes.start([script.path, caller.url, site.key], program: python)
                let status = try await run.ended(within: .seconds(100))
                #expect(status == 0, "\(run.output)\(run.errors)")
                #expect(run.output.contains("all flags were evaluated as they are defined"))
            }
        }
    }

    /// By the notification within a second, and within ten where the connection that listens was cut.
    @Test(.timeLimit(.minutes(3))) func everyProcessFollowsAChange() async throws {
        try await withDatabase { database in
            try await withProcesses { processes in
                let site = try await Installation(
                    processes, database: database.connectionString, destination: "http://127.0.0.1:9")
                let definition = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
                try Data(#"{"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on"}"#.utf8).write(
                    to: definition)
                defer { try? FileManager.default.removeItem(at: definition) }
                _ = try await site.run(["flag", "put", "acme", "f", definition.path])
                let callers = [try await site.serve().caller, try await site.serve().caller]
                let client = database.client()
                func expect(_ state: String, within limit: Duration) async throws {
                    try await eventually(within: limit) {
                        for caller in callers {
                            let answer = try await caller.post("/ofrep/v1/evaluate/flags/f", Array("{}".utf8))
                            guard String(decoding: answer.body, as: UTF8.self).contains(state) else { return false }
                        }
                        return true
                    }
                }
                try await expect("STATIC", within: .seconds(10))
                _ = try await client.execute(Self.change("DISABLED"))
                try await expect("DISABLED", within: .seconds(1))
                _ = try await client.execute(
                    Statement(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%listen%'")
                )
                _ = try await client.execute(Self.change("ENABLED"))
                try await expect("STATIC", within: .seconds(10))
            }
        }
    }

    private static func change(_ state: String) -> Statement {
        Statement(
            """
            WITH changed AS (
                UPDATE sluice.flag SET definition = definition || '{"state": "\(state)"}' RETURNING shard, tenant_id)
            SELECT sluice.config_changed('flag_set', s.shard, s.tenant_id, s.set_id) FROM sluice.flag_set s, changed
            """)
    }
}

private let python = Repository.python(with: "openfeature-provider-ofrep")
