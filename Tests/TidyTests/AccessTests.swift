import Postgres
import TestSupport
import Testing

/// The access that the catalogue shows, after a migration.
struct AccessTests {
    @Test func everyTableOfTenantsHasRowLevelSecurityAndPolicies() async throws {
        try await withDatabase { database in
            let faults = try await database.client().execute(Statement("SELECT fault FROM sluice.access_faults()"))
            #expect(try faults.map { try $0.decode(0, as: String.self) } == [])
            let guarded = try await database.client().execute(
                Statement("SELECT count(*) FROM sluice.access_tables() WHERE belongs_by IS NOT NULL AND is_guarded"))
            #expect(try guarded[0].decode(0, as: Int64.self) > 12)
        }
    }

    /// A table, a view and a function that a migration forgets are found, and mended by what ends each migration.
    @Test func whatIsForgottenIsFoundAndMended() async throws {
        try await withDatabase { database in
            let client = database.client()
            for sql in [
                "CREATE TABLE sluice.forgotten (shard smallint, tenant_id uuid, secret text)",
                "CREATE VIEW sluice.peephole AS SELECT * FROM sluice.request",
                "CREATE FUNCTION sluice.loophole() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
            ] {
                _ = try await client.execute(Statement(sql))
            }
            let found = try await client.execute(Statement("SELECT fault FROM sluice.access_faults()"))
            let text = try found.map { try $0.decode(0, as: String.self) }.joined(separator: "\n")
            for name in ["table forgotten has no row-level security", "view peephole", "function loophole"] {
                #expect(text.contains(name), "\(text)")
            }
            for _ in 0..<2 { _ = try await client.execute(Statement("SELECT sluice.apply_access()")) }
            let left = try await client.execute(Statement("SELECT fault FROM sluice.access_faults()"))
            #expect(left.count == 0)
            let hidden = try await client.execute(
                Statement("SELECT has_column_privilege('sluice_reader', 'sluice.forgotten', 'secret', 'SELECT')"))
            #expect(try hidden[0].decode(0, as: Bool.self) == false)
        }
    }

    @Test(arguments: [
        (
            "functions with the owner's rights say where they look for names",
            """
            SELECT proname::text FROM pg_proc WHERE pronamespace = 'sluice'::regnamespace AND prosecdef
              AND NOT EXISTS (SELECT FROM unnest(proconfig) AS c WHERE c LIKE 'search_path=%')
            """
        ),
        (
            "all belongs to sluice_owner",
            """
            SELECT relname::text FROM pg_class WHERE relnamespace = 'sluice'::regnamespace AND relkind IN ('r', 'p', 'v')
              AND relowner <> 'sluice_owner'::regrole
            """
        ),
        (
            "bytea that people may read is a body",
            """
            SELECT t.name || '.' || a.attname FROM sluice.access_tables() t JOIN pg_attribute a ON a.attrelid = t.table_id
            WHERE a.atttypid = 'bytea'::regtype AND a.attname NOT IN ('body', 'response_body') AND a.attname <> ALL (t.hidden)
            """
        ),
    ])
    func rule(_ name: String, _ offenders: String) async throws {
        try await withDatabase { database in
            let rows = try await database.client().execute(Statement(offenders))
            #expect(try rows.map { try $0.decode(0, as: String.self) } == [], "\(name)")
        }
    }
}
