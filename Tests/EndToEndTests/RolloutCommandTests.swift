import Foundation
import Postgres
import TestSupport
import Testing

/// Rollouts, from the command line.
struct RolloutCommandTests {
    @Test(.timeLimit(.minutes(3))) func aRolloutIsBegunShownAndSteered() async throws {
        try await withDatabase { database in
            try await withProcesses { processes in
                let site = try await Installation(
                    processes, database: database.connectionString, destination: "http://127.0.0.1:9")
                _ = try await database.client().execute(
                    Statement(
                        """
                        SELECT (sluice.put_flag(t.shard, t.tenant_id, 'production', 'f',
                            '{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}', 'boolean',
                            false, false, NULL, '{}', NULL, 'test', NULL, 10, 500, 4000000)).answer
                        FROM sluice.tenant t WHERE t.name = 'acme'
                        """))
                let start = [
                    "rollout", "start", "acme", "f", "off", "on", "--step", "100:60", "--step", "5000:60:approve",
                ]
                let id = try await site.run(start)
                #expect(UUID(uuidString: id) != nil)
                let shown = try await site.run(["rollout", "show", "acme", "f", "--json"])
                #expect(shown.contains(#"{"approval":true,"hold_s":60,"min_n":50,"weight":5000}"#))
                #expect(try await site.run(["rollout", "hold", "acme", "f"]).contains(#/held: command +1 /#))
                #expect(try await site.run(["rollout", "resume", "acme", "f"]).contains("running"))
                #expect(try await site.run(["rollout", "rollback", "acme", "f"]).contains("rolled_back"))
                #expect(try await site.run(["rollout", "history", "acme", "f"]).contains(id))

                for (command, words) in [
                    (["rollout", "cancel", "acme", "f"], "no rollout under way"),
                    (["rollout", "start", "acme", "g", "off", "on", "--step", "1:1"], "no such flag"),
                    (["rollout", "start", "acme", "f", "off", "nix", "--step", "1:1"], "no such variant"),
                    (["rollout", "start", "acme", "f", "off", "on", "--step", "1"], "is not WEIGHT:SECONDS"),
                    (["rollout", "start", "acme", "f", "off", "on", "--step", "10000:1"], "from 1 to 9999"),
                    (["rollout", "show", "acme", "g"], "flag g never had a rollout"),
                ] {
                    let process = try await processes.run(command, site.environment)
                    #expect(process.status != 0 && process.errors.contains(words), "\(process.errors)")
                }
            }
        }
    }
}
