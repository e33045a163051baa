import Postgres
import SQL
import Sink
import TestSupport
import Testing

/// The schema goes on while the program of today, which then is the previous version, serves.
struct SchemaChangeTests {
    /// What later versions may do to the hottest tables and to the functions that store and claim.
    private static let expansion = [
        Migration(
            name: "m9001_text",
            sql: """
                -- serves: \(SQL.level)
                ALTER TABLE sluice.request ADD COLUMN later_text text;
                """),
        Migration(
            name: "m9002_number",
            sql: """
                -- serves: \(SQL.level)
                ALTER TABLE sluice.ready ADD COLUMN later_number integer NOT NULL DEFAULT 7;
                """),
        Migration(
            name: "m9003_index",
            sql: """
                -- no-transaction
                -- serves: \(SQL.level)
                DROP INDEX CONCURRENTLY IF EXISTS sluice.ready_later;
                CREATE INDEX CONCURRENTLY ready_later ON sluice.ready (shard, lane_id, later_number);
                """),
        Migration(
            name: "m9004_functions",
            sql: """
                -- serves: \(SQL.level)
                DO $$
                DECLARE
                    v_definition text;
                BEGIN
                    FOR v_definition IN
                        SELECT pg_get_functiondef(p.oid) FROM pg_proc p
                        WHERE p.pronamespace = 'sluice'::regnamespace AND p.proname IN ('store', 'claim', 'report', 'arm')
                    LOOP
                        EXECUTE v_definition;
                    END LOOP;
                END $$;
                """),
    ]
    private static let contraction = Migration(name: "m9005_contraction", sql: "-- serves: m9001\nSELECT 1;")

    @Test(.timeLimit(.minutes(5))) func noRequestFailsWhileTheSchemaIsExpanded() async throws {
        try await withInstallation { installation, database, arrivals in
            let (api, caller) = try await installation.serve()
            let worker = try installation.work()
            let load = SteadyLoad(caller)
            async let loading: Void = load.run(pause: .milliseconds(5))
            defer { load.stop() }
            try await eventually { load.accepted.count > 300 }
            for count in 1...Self.expansion.count {
                let steps = SQL.migrations + Self.expansion.prefix(count)
                let migrator = Migrator(steps, finish: SQL.access, logger: quiet)
                #expect(try await migrator.migrate(database.client(connections: 2)).count == 1)
                let before = load.accepted.count
                try await eventually { load.accepted.count > before + 100 }
            }
            load.stop()
            await loading
            #expect(load.refused == 0)
            try await arrivals.all(load.accepted)
            #expect(api.status == nil && worker.status == nil)

            // And the program of today starts with it.
            _ = try await installation.serve()
            let level = try await database.client().query(Statement("SELECT max(name) FROM sluice.migration"))
            #expect(try level[0].decode(0, as: String.self) == "m9004_functions")
        }
    }

    @Test(.timeLimit(.minutes(5))) func aContractionIsRefusedWhileOlderProcessesRun() async throws {
        try await withInstallation { installation, database, _ in
            let (api, _) = try await installation.serve()
            let worker = try installation.work()
            let client = database.client(connections: 2)
            try await areRunning(client)
            let migrator = Migrator(
                SQL.migrations + Self.expansion + [Self.contraction], finish: SQL.access, logger: quiet)
            await #expect {
                try await migrator.migrate(client)
            } throws: { error in
                "\(error)".contains("older ones run") && "\(error)".contains(SQL.level)
            }
            #expect(try await worker.terminate() == 0)
            #expect(try await api.terminate() == 0)
            #expect(try await processes(client) == [])
            #expect(try await migrator.migrate(client) == ["m9005_contraction"])

            let late = try await installation.processes.run(["serve"], installation.environment)
            #expect(late.status == 1)
            #expect(late.errors.contains("install a newer version"), "\(late.errors)")
        }
    }

    /// As after a minute in which nobody could see that it runs: it comes back, and what it prepares is not there.
    @Test(.timeLimit(.minutes(5))) func aProcessThatTheSchemaLeavesBehindEnds() async throws {
        try await withInstallation { installation, database, _ in
            let (api, _) = try await installation.serve()
            let worker = try installation.work()
            let client = database.client()
            try await areRunning(client)
            _ = try await client.execute(
                Statement("INSERT INTO sluice.migration (name, checksum, serves) VALUES ('m9999', '', 'm9999')"))
            for statement in [
                "DROP FUNCTION sluice.record_traffic",
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
                """,
            ] { _ = try await client.execute(Statement(statement)) }
            for process in [api, worker] {
                #expect(try await process.ended(within: .seconds(60)) == 1)
                #expect(process.errors.contains("install a newer version"), "\(process.errors)")
            }
            #expect(try await processes(client) == [])
        }
    }

    /// Else a step would wait for it.
    @Test(.timeLimit(.minutes(5))) func aProcessThatCanNotStartSaysWhyAndIsNotKnown() async throws {
        try await withInstallation { installation, database, _ in
            let port = try freePort()
            let taken = ["SLUICE_PORT": "\(port)"]
            _ = try await installation.serve(taken)
            let environment = installation.environment
            for (command, settings) in [("serve", taken), ("work", ["SLUICE_METRICS_PORT": "\(port)"])] {
                let late = try await installation.processes.run([command], environment.merging(settings) { $1 })
                #expect(late.status == 1)
                #expect(late.errors.contains("can't listen on 127.0.0.1:\(port)"), "\(late.errors)")
            }
            #expect(try await processes(database.client()) == ["serve"])
        }
    }

    /// Known to the cluster, and past their start: what listens comes last.
    private func areRunning(_ client: Client) async throws {
        let listeners = Statement(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sluice/listen'")
        try await eventually { try await client.query(listeners).count == 2 }
        #expect(try await processes(client) == ["serve", "work"])
    }

    private func processes(_ client: Client) async throws -> [String] {
        try await client.query(Statement("SELECT unnest(roles) FROM sluice.process ORDER BY 1")).map {
            try $0.decode(0)
        }
    }

    private func withInstallation(
        _ body: (Installation, TestDatabase, Arrivals) async throws -> Void
    ) async throws {
        try await Arrivals.with { arrivals in
            try await withDatabase { database in
                try await withProcesses { processes in
                    let installation = try await Installation(
                        processes, database: database.connectionString, destination: arrivals.sink.url)
                    try await body(installation, database, arrivals)
                }
            }
        }
    }
}
