import Foundation
import Postgres
import Tenants
import TestSupport
import Testing

/// The pages that operators read: `docs/sql.md`, and the SQL of `docs/operations.md`.
@Suite struct SQLPageTests {
    /// A query or an action.
    private struct Block {
        let sql: String
        /// The names of the columns, where the page shows what comes.
        let columns: [String]?

        var isAction: Bool { sql.contains(/sluice\.[a-z_]+\(/) }
    }

    private func blocks(of path: String) throws -> [Block] {
        let blocks = try MarkdownPage(path).blocks
        return zip(blocks, blocks.dropFirst().map(Optional.some) + [nil]).filter { $0.0.language == "sql" }.map {
            block, next in
            let answer = next.flatMap { $0.isAnswer && $0.language.isEmpty ? $0.text : nil }
            return Block(
                sql: block.text,
                columns: answer?.prefix { $0 != "\n" }.split(separator: "|").map {
                    $0.trimmingCharacters(in: .whitespaces)
                })
        }
    }

    /// The page's ids are those of another day.
    private func adjusted(_ sql: String, to made: Belongings) -> String {
        let id =
            if sql.contains("cancel_request") {
                made.request
            } else if sql.contains("cancel_replay") {
                made.replay
            } else if sql.contains("revoke_key") {
                made.key
            } else {
                made.dead
            }
        return sql.replacing(/'[0-9a-f]{8}-[0-9a-f-]{27}'/, with: "'\(id)'")
    }

    private func prepare(_ site: Site) async throws -> Belongings {
        let made = try await Belongings.make("acme", on: site)
        let tenant = try await site.tenants.requireTenant(named: "acme").id
        _ = try await site.destination("billing", of: tenant)
        _ = try await site.ordered(8, "ledger", of: tenant)
        for sql in [
            """
            SELECT sluice.put_flag($1, $2, 'production', 'new-checkout',
                '{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}', 'boolean', false,
                false, NULL, '{}', NULL, 'test', NULL, 10, 100, 1000000)
            """,
            """
            SELECT sluice.start_rollout($1, $2, 'production', 'new-checkout', gen_random_uuid(), 'off', 'on', 'user', false,
                '[{"weight": 500, "hold_s": 600, "min_n": 50, "approval": false}]',
                '{"mode": "rollback", "alpha": 0.01, "tau": 0.05, "min_n": 20, "max_age_s": 600}', 'test', NULL)
            """,
        ] {
            _ = try await site.client.execute(Statement(sql), Parameters(Site.shard, made.tenant))
        }
        return made
    }

    @Test func thePageOfSQLShowsWhatComes() throws {
        let blocks = try blocks(of: "docs/sql.md")
        #expect(blocks.allSatisfy { $0.columns != nil })
        #expect(blocks.filter { !$0.isAction }.count == 20)
    }

    @Test(arguments: ["docs/sql.md", "docs/operations.md"])
    func everyBlockRunsAndHasTheColumnsOfThePage(_ path: String) async throws {
        let blocks = try blocks(of: path)
        #expect(blocks.count > 10)
        try await withSite { site in
            let made = try await prepare(site)
            let reader = site.database.client { $0 = $0.taking(role: "sluice_reader") }
            let worker = site.database.client { $0 = $0.taking(role: "sluice_worker") }
            for block in blocks {
                let statement = Statement(adjusted(block.sql, to: made))
                let client = block.isAction ? worker : reader
                let rows = try await client.withConnection { lease in
                    try await lease.execute(Statement("BEGIN"))
                    let rows = try await lease.execute(statement)
                    try await lease.execute(Statement("ROLLBACK"))
                    return rows
                }
                if let columns = block.columns { #expect(rows.columnNames == columns, "\(block.sql)") }
                #expect(!block.isAction || rows.count == 1, "\(block.sql)")
            }
        }
    }

    /// Whatever the statistics say.
    @Test func noViewReadsABacklog() async throws {
        try await withSite { site in
            let made = try await prepare(site)
            for (rows, more) in [
                ("ready (shard, attempts, bytes, due_at, lane_id, request_id)", ""),
                (
                    "dead_letter (shard, attempts, bytes, dead_at, lane_id, request_id, tenant_id, class)",
                    ", '\(made.tenant)', 'rejected'"
                ),
            ] {
                _ = try await site.client.execute(
                    Statement(
                        """
                        INSERT INTO sluice.\(rows)
                        SELECT $1, 0, 1, now(), $2, gen_random_uuid()\(more) FROM generate_series(1, 20000)
                        """), Parameters(Site.shard, made.lane))
            }
            for command in ["SELECT", "ANALYZE sluice.ready, sluice.dead_letter"] {
                _ = try await site.client.execute(Statement(command))
                for view in ["queues", "holds", "circuits", "flights", "dead_letters"] {
                    let plan = try await site.client.execute(
                        Statement("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT * FROM sluice.\(view)"))
                    for line in try plan.map({ try $0.decode(0, as: String.self) }) {
                        #expect(!line.contains(/rows=[2-9]\d{4}/), "\(view): \(line)")
                    }
                }
            }
        }
    }

    @Test func readersLookAndDoNotAct() async throws {
        try await withSite { site in
            _ = try await prepare(site)
            let reader = site.database.client { $0 = $0.taking(role: "sluice_reader") }
            for action in ["suspend_tenant('acme')", "enqueue('acme', 'billing', 'x')"] {
                let error = await #expect(throws: PostgresError.self) {
                    try await reader.execute(Statement("SELECT sluice.\(action)"))
                }
                #expect(error?.sqlState == "42501", "\(action)")
            }
        }
    }
}
