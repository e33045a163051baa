import Postgres
import TestSupport
import Testing

/// The scale-out rules of the storage design, and those that keep hot tables hot, on the migrated schema. Each query
/// names what breaks its rule.
struct SchemaTests {
    struct Rule: Sendable {
        let name: String
        let offenders: String

        init(_ name: String, _ offenders: String) {
            self.name = name
            self.offenders = offenders
        }
    }

    @Test func rulesHold() async throws {
        try await withDatabase { database in
            let client = database.client()
            for rule in Self.ownership + Self.keys + Self.hot + Self.comments + Self.constraints {
                let rows = try await client.query(Statement(rule.offenders))
                let offenders = try rows.map { try $0.decode(0, as: String.self) }
                #expect(offenders == [], "\(rule.name)")
            }
        }
    }

    /// A rule whose query finds nothing because it looks at nothing would hold for ever.
    @Test func theSchemaIsThere() async throws {
        try await withDatabase { database in
            let rows = try await database.client().query(
                Statement("SELECT count(*) FROM \(Self.tables)"))
            #expect(try rows[0].decode(0, as: Int64.self) > 10)
        }
    }

    private static let tables = """
        pg_class c WHERE c.relnamespace = 'sluice'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        """

    /// Of the table `c`.
    private static let columns = """
        (SELECT array_agg(a.attname::text) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)
        """

    private static let ownership = [
        Rule(
            "what a tenant owns has shard and tenant_id, or shard and lane_id",
            """
            SELECT c.relname::text FROM \(tables)
            AND c.relname NOT IN (
                'tenant', 'tenant_reader', 'migration', 'config_version', 'config_change', 'leadership', 'traffic_total')
            AND NOT (ARRAY['shard', 'tenant_id'] <@ \(columns) OR ARRAY['shard', 'lane_id'] <@ \(columns))
            """),
        Rule(
            "shard is a smallint and never NULL",
            """
            SELECT a.attrelid::regclass::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relnamespace = 'sluice'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'shard' AND c.relname <> 'config_change'
              AND NOT (a.atttypid = 'smallint'::regtype AND a.attnotnull)
            """),
    ]

    private static let keys = [
        Rule(
            "keys and indexes lead with shard, then the tenant, the lane, or what is asked for over all tenants",
            """
            SELECT name.relname::text FROM pg_index i
            JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class name ON name.oid = i.indexrelid
            CROSS JOIN LATERAL (
                SELECT array_agg(a.attname::text ORDER BY k.place) AS names
                FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place)
                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number) columns
            WHERE c.relnamespace = 'sluice'::regnamespace AND NOT c.relispartition
              AND c.relname NOT IN (
                  'tenant', 'tenant_reader', 'migration', 'config_version', 'config_change', 'leadership', 'traffic_total')
              AND NOT (columns.names[1] = 'shard'
                       AND (columns.names[2] IN ('tenant_id', 'lane_id')
                            OR name.relname IN ('lane_timer', 'circuit_probe', 'circuit_timer', 'idempotency_key_expiry',
                                                'health_check_timer', 'health_check_shared', 'expiry_pkey',
                                                'rollout_check', 'traffic_minute')))
            """),
        Rule(
            "every table has a primary key",
            """
            SELECT c.relname::text FROM \(tables)
            AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
            """),
        Rule(
            "no foreign keys",
            """
            SELECT conname::text FROM pg_constraint WHERE contype = 'f' AND connamespace = 'sluice'::regnamespace
            """),
        Rule(
            "no triggers",
            """
            SELECT tgname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
            WHERE c.relnamespace = 'sluice'::regnamespace
            """),
        Rule(
            "no unlogged tables",
            """
            SELECT relname::text FROM pg_class WHERE relnamespace = 'sluice'::regnamespace AND relpersistence <> 'p'
            """),
        Rule(
            "sequences only behind configuration",
            """
            SELECT c.relname::text FROM pg_class c
            WHERE c.relnamespace = 'sluice'::regnamespace AND c.relkind = 'S' AND c.relname <> 'lane_lane_id_seq'
            """),
    ]

    private static let hot =
        ["lane", "ready", "in_flight", "idempotency_key"].flatMap { table in
            ["fillfactor=%", "autovacuum_vacuum_scale_factor=0%", "autovacuum_vacuum_cost_delay=0"].map { setting in
                Rule(
                    "\(table) is set up for many changes: \(setting)",
                    """
                    SELECT c.relname::text FROM pg_class c WHERE c.oid = 'sluice.\(table)'::regclass
                    AND NOT EXISTS (SELECT FROM unnest(c.reloptions) AS o (option) WHERE o.option LIKE '\(setting)')
                    """)
            }
        } + [
            Rule(
                "nothing that a claim changes is indexed, so its updates are HOT",
                """
                SELECT i.indexrelid::regclass::text FROM pg_index i
                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::smallint[])
                WHERE i.indrelid = 'sluice.lane'::regclass AND a.attname IN ('vtime', 'tokens', 'tokens_at')
                """)
        ]

    private static let comments = [
        Rule(
            "tables and views say what they are for",
            """
            SELECT c.relname::text FROM pg_class c
            WHERE c.relnamespace = 'sluice'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
              AND obj_description(c.oid, 'pg_class') IS NULL
            """),
        Rule(
            "functions say what they do",
            """
            SELECT p.proname::text FROM pg_proc p
            WHERE p.pronamespace = 'sluice'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL
            """),
        Rule(
            "types say what they mean",
            """
            SELECT t.typname::text FROM pg_type t
            WHERE t.typnamespace = 'sluice'::regnamespace AND t.typtype = 'e'
              AND obj_description(t.oid, 'pg_type') IS NULL
            """),
    ]

    private static let constraints = [
        Rule(
            "checks are named for the rule that they state",
            """
            SELECT conname::text FROM pg_constraint
            WHERE connamespace = 'sluice'::regnamespace AND contype IN ('c', 'u')
              AND conname !~ '_(is|are)_' AND conname !~ '^there_is_'
            """)
    ]
}
