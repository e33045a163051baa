import SQL
import TestSupport
import Testing

@testable import Postgres

@Suite struct MigratorTests {
    private static let first = Migration(
        name: "m1",
        sql: """
            CREATE SCHEMA sluice;
            CREATE TABLE sluice.migration (name text PRIMARY KEY, checksum text NOT NULL, serves text NOT NULL);
            """)
    private static let second = Migration(name: "m2", sql: "CREATE TABLE a (id int8); CREATE TABLE b (id int8);")
    private static let third = Migration(
        name: "m3", sql: "-- no-transaction\nCREATE INDEX CONCURRENTLY a_by_id ON a (id);")

    private func migrator(_ migrations: Migration...) -> Migrator { Migrator(migrations, logger: quiet) }

    @Test func appliesOnceAndInOrder() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            let two = migrator(Self.first, Self.second)
            let pending = try await two.pending(client)
            #expect(pending == ["m1", "m2"])
            #expect(try await two.migrate(client) == ["m1", "m2"])
            #expect(try await two.pending(client) == [])
            #expect(try await two.migrate(client) == [])
            let three = migrator(Self.first, Self.second, Self.third)
            #expect(try await three.pending(client) == ["m3"])
            #expect(try await three.migrate(client) == ["m3"])
            #expect(try await client.int("SELECT count(*) FROM sluice.migration") == 3)
        }
    }

    /// What should follow every migration can't be left out by a run that is cut off before it.
    @Test func theFinishIsAPartOfTheLastMigration() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            let failing = Migrator(
                [Self.first, Self.second], finish: Statement("INSERT INTO finished VALUES (1)"), logger: quiet)
            #expect(try await postgresError { _ = try await failing.migrate(client) }?.sqlState == "42P01")
            #expect(try await failing.pending(client) == ["m2"])
            _ = try await client.execute(Statement("CREATE TABLE finished (n int8)"))
            #expect(try await failing.migrate(client) == ["m2"])
            #expect(try await failing.migrate(client) == [])
            #expect(try await client.int("SELECT count(*) FROM finished") == 1)
        }
    }

    @Test func theProgramsOwnMigrations() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            let migrator = Migrator(SQL.migrations, logger: quiet)
            let applied = try await migrator.migrate(client)
            #expect(applied == SQL.migrations.map(\.name))
            #expect(try await migrator.migrate(client) == [])
        }
        try await withDatabase { database in
            let pending = try await Migrator(SQL.migrations, logger: quiet).pending(database.client())
            #expect(pending == [])
        }
    }

    @Test func refusesAnEditedFile() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            _ = try await migrator(Self.first, Self.second).migrate(client)
            for other in [
                Migration(name: "m2", sql: Self.second.sql + "\n"), Migration(name: "m2b", sql: Self.second.sql),
            ] {
                let edited = migrator(Self.first, other, Self.third)
                let error = try await postgresError { _ = try await edited.migrate(client) }
                #expect(error?.code == .migration && error?.message.contains("m2") == true)
                #expect(try await postgresError { _ = try await edited.pending(client) }?.code == .migration)
            }
            #expect(try await client.int("SELECT count(*) FROM sluice.migration") == 2)
        }
    }

    @Test func aNewerDatabaseServesOrRefuses() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            let expansion = Migration(name: "m3", sql: "-- serves: m2\nCREATE TABLE c (id int8);")
            let contraction = Migration(name: "m4", sql: "-- serves: m3\nDROP TABLE a;")
            let old = migrator(Self.first, Self.second)
            _ = try await migrator(Self.first, Self.second, expansion).migrate(client)
            #expect(try await old.pending(client) == [])
            #expect(try await old.migrate(client) == [])
            _ = try await migrator(Self.first, Self.second, expansion, contraction).migrate(client)
            let error = try await postgresError { _ = try await old.migrate(client) }
            #expect(error?.code == .migration && error?.message.contains("know m3") == true)
            #expect(try await migrator(Self.first, Self.second, expansion).pending(client) == [])
        }
    }

    /// Until the last process that it would leave behind has gone.
    @Test func aContractionWaitsForOlderProcesses() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            let processes = Migration(
                name: "m2",
                sql: """
                    CREATE TABLE sluice.process (process_id int8, level text, roles text[], host text, pid int4, seen_at timestamptz);
                    """)
            let expansion = Migration(name: "m3", sql: "-- serves: m2\nCREATE TABLE c (id int8);")
            let contraction = Migration(name: "m4", sql: "-- serves: m3\nDROP TABLE c;")
            _ = try await migrator(Self.first, processes).migrate(client)
            let beat = """
                INSERT INTO sluice.process VALUES (1, 'm2', '{serve}', 'old.example', 7, clock_timestamp() - interval '%s'),
                    (2, 'm3', '{work}', 'new.example', 8, clock_timestamp())
                """
            _ = try await client.execute(Statement(beat.replacing("%s", with: "5 seconds")))
            let all = migrator(Self.first, processes, expansion, contraction)
            let error = try await postgresError { _ = try await all.migrate(client) }
            #expect(error?.message.contains("serve on old.example (process 7, m2)") == true)
            #expect(error?.message.contains("new.example") == false)
            #expect(try await all.pending(client) == ["m4"])
            _ = try await client.execute(Statement("DELETE FROM sluice.process"))
            _ = try await client.execute(Statement(beat.replacing("%s", with: "2 minutes")))
            #expect(try await all.migrate(client) == ["m4"])
        }
    }

    @Test func aFailureLeavesNothingOfItsFileAndNoLock() async throws {
        try await withEmptyDatabase { database in
            let (client, other) = (database.client(), database.client())
            let broken = Migration(name: "m2", sql: "CREATE TABLE a (id int8); SELECT nonsense;")
            let error = try await postgresError { _ = try await migrator(Self.first, broken).migrate(client) }
            #expect(error?.sqlState == "42703")
            #expect(try await client.int("SELECT count(*) FROM sluice.migration") == 1)
            let locks = """
                SELECT count(*) FROM pg_locks JOIN pg_database ON database = pg_database.oid
                WHERE locktype = 'advisory' AND datname = current_database()
                """
            #expect(try await other.int(locks) == 0)
            #expect(try await migrator(Self.first, Self.second).migrate(other) == ["m2"])
        }
    }

    /// With an index that is built concurrently, which waits for every snapshot: that of a waiting migrator too.
    @Test func severalAtOnceApplyEachOnce() async throws {
        try await withEmptyDatabase { database in
            let applied = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<4 {
                    let client = database.client()
                    group.addTask { try await migrator(Self.first, Self.second, Self.third).migrate(client) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(applied == ["m1", "m2", "m3"])
        }
    }
}
