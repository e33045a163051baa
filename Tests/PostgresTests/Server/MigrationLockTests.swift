import Logging
import TestSupport
import Testing

@testable import Postgres

/// A step that wants a lock which somebody else has.
@Suite struct MigrationLockTests {
    private static let steps = [
        Migration(
            name: "m1",
            sql: """
                CREATE SCHEMA sluice;
                CREATE TABLE sluice.migration (name text PRIMARY KEY, checksum text NOT NULL, serves text NOT NULL);
                CREATE TABLE hot (id int8);
                """)
    ]
    private static let wanting = Migration(name: "m2", sql: "ALTER TABLE hot ADD COLUMN more int8 NOT NULL DEFAULT 7")

    private func patience(total: Duration) -> LockPatience {
        var patience = LockPatience()
        patience.timeout = .milliseconds(300)
        patience.pause = .milliseconds(300)
        patience.total = total
        return patience
    }

    private func withHolder(
        _ body: (TestDatabase, Client, _ free: @Sendable () -> Void) async throws -> Void
    ) async throws {
        try await withEmptyDatabase { database in
            let client = database.client(connections: 2)
            _ = try await Migrator(Self.steps, logger: quiet).migrate(client)
            let holder = database.client()
            let (isHeld, isFree) = (Shared(false), Shared(false))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await holder.withTransaction { lease in
                        try await lease.execute(Statement("SELECT count(*) FROM hot"))
                        isHeld.update { $0 = true }
                        try await eventually(within: .seconds(60)) { isFree.value }
                    }
                }
                try await eventually { isHeld.value }
                do {
                    try await body(database, client) { isFree.update { $0 = true } }
                } catch {
                    isFree.update { $0 = true }
                    throw error
                }
                isFree.update { $0 = true }
                try await group.waitForAll()
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func itLetsTrafficPassTellsWhoIsInTheWayAndGetsItInTheEnd() async throws {
        try await withHolder { database, client, free in
            let lines = Lines()
            let migrator = Migrator(
                Self.steps + [Self.wanting], patience: patience(total: .seconds(120)), logger: lines.logger)
            async let applied = migrator.migrate(client)
            // Twice in vain.
            try await eventually { lines.all.count { $0.contains("lets traffic pass") } >= 2 }
            // Behind the lock that is waited for this waits for a time-out at most.
            let writer = database.client()
            for number in 0..<10 {
                _ = try await writer.execute(
                    Statement("INSERT INTO hot (id) VALUES ($1)"), Parameters(Int64(number)), within: .seconds(5))
            }
            try await eventually {
                lines.all.contains { $0.contains("waits for a lock") && $0.contains("sluice/test") }
            }
            free()
            #expect(try await applied == ["m2"])
            #expect(try await writer.int("SELECT sum(more)::int8 FROM hot") == 70)
        }
    }

    @Test(.timeLimit(.minutes(5))) func itGivesUpAndLeavesNothing() async throws {
        try await withHolder { database, client, free in
            let partly = Migration(name: "m2", sql: "CREATE TABLE made (id int8); \(Self.wanting.sql)")
            let migrator = Migrator(
                Self.steps + [partly], patience: patience(total: .seconds(4)), logger: quiet)
            let error = try await postgresError { _ = try await migrator.migrate(client) }
            #expect(error?.code == .migration)
            #expect(error?.message.contains("m2") == true && error?.message.contains("sluice/test") == true, "\(error)")
            #expect(try await client.int("SELECT count(*) FROM sluice.migration") == 1)
            #expect(try await client.int("SELECT count(*) FROM pg_class WHERE relname = 'made'") == 0)
            free()
            #expect(try await migrator.migrate(client) == ["m2"])
        }
    }

    /// With one connection nobody can look; all else is the same.
    @Test(.timeLimit(.minutes(5))) func withOneConnectionItWaitsAsWell() async throws {
        try await withHolder { database, _, free in
            let lines = Lines()
            let migrator = Migrator(
                Self.steps + [Self.wanting], patience: patience(total: .seconds(120)), logger: lines.logger)
            async let applied = migrator.migrate(database.client())
            try await eventually { lines.all.contains { $0.contains("lets traffic pass") } }
            free()
            #expect(try await applied == ["m2"])
        }
    }
}

/// What is logged.
private struct Lines: Sendable {
    private struct Handler: LogHandler {
        let lines: Shared<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let facts = (event.metadata ?? [:]).map { "\($0)=\($1)" }.joined(separator: " ")
            lines.update { $0.append("\(event.message) \(facts)") }
        }
    }

    private let lines = Shared<[String]>([])

    var all: [String] { lines.value }
    var logger: Logger { Logger(label: "test") { _ in Handler(lines: lines) } }
}
