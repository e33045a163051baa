import Logging

extension Migrator {
    /// Applies one step, again and again while it does not get its locks in time.
    func apply(
        _ migration: Migration, finish: Statement?, _ lease: borrowing Lease, watching client: Client
    ) async throws {
        let session = try await lease.execute(Statement("SELECT pg_backend_pid()")).first?.decode(0, as: Int32.self)
        let watch = LockWatch(every: patience.timeout / 4, logger: logger)
        async let _: Void = watch.run(session: session ?? 0, through: client)
        let start = ContinuousClock.now
        var tries = 0
        while true {
            do {
                return try await take(migration, finish: finish, lease)
            } catch let error as PostgresError where migration.usesTransaction && error.isOfLocks {
                tries += 1
                guard let pause = patience.pause(after: tries, elapsed: .now - start) else {
                    throw PostgresError(
                        .migration,
                        "\(migration.name) did not get its locks within \(patience.total), and nothing of it is left. "
                            + "In the way: \(watch.description.isEmpty ? "not seen" : watch.description)",
                        sqlState: error.sqlState)
                }
                logger.notice(
                    "the migration lets traffic pass, and tries again",
                    metadata: ["migration": "\(migration.name)", "after": "\(pause)"])
                try await Task.sleep(for: pause)
            }
        }
    }

    private func take(_ migration: Migration, finish: Statement?, _ lease: borrowing Lease) async throws {
        guard migration.usesTransaction else { return try await run(migration, finish: finish, lease) }
        try await lease.execute(Statement("BEGIN"))
        do {
            try await lease.execute(
                Statement("SET LOCAL lock_timeout = '\(patience.timeout.microseconds / 1000)ms'"))
            try await run(migration, finish: finish, lease)
            try await lease.execute(Statement("COMMIT"))
        } catch {
            _ = try? await lease.execute(Statement("ROLLBACK"))
            throw error
        }
    }

    private func run(_ migration: Migration, finish: Statement?, _ lease: borrowing Lease) async throws {
        try await requireReplaced(migration, lease)
        for statement in splitStatements(migration.sql) { try await lease.execute(Statement(statement)) }
        if let finish { try await lease.execute(Statement(finish.sql)) }
        try await lease.execute(
            Statement("INSERT INTO sluice.migration (name, checksum, serves) VALUES ($1, $2, $3)"),
            Parameters(migration.name, migration.checksum, migration.serves))
    }

    /// Throws where a process runs that the step does not serve. In a transaction none can join until its end: a process
    /// makes itself known before it serves, and waits for the same lock.
    private func requireReplaced(_ migration: Migration, _ lease: borrowing Lease) async throws {
        guard try await leavesBehind(migration, lease) else { return }
        if migration.usesTransaction {
            try await lease.execute(
                Statement("SELECT pg_advisory_xact_lock(hashtextextended('sluice.process', 0))"))
        }
        let older = try await lease.execute(
            Statement(
                """
                SELECT string_agg(format('%s on %s (process %s, %s)', array_to_string(roles, ' and '), host, pid, level), ', ')
                FROM (SELECT * FROM sluice.process WHERE level COLLATE "C" < $1 AND seen_at > clock_timestamp() - interval '1 minute'
                      ORDER BY seen_at LIMIT 5) older
                """), Parameters(migration.serves))
        guard let names = try older.first?.decode(0, as: String?.self) else { return }
        throw PostgresError(
            .migration,
            "\(migration.name) serves programs from \(migration.serves) on, and older ones run: \(names). "
                + "Replace them, then migrate again; one that crashed counts for a minute")
    }

    /// Whether there may be programs that the schema serves until now. A step that leaves nobody behind holds up nobody.
    private func leavesBehind(_ migration: Migration, _ lease: borrowing Lease) async throws -> Bool {
        let known = try await lease.execute(Statement("SELECT to_regclass('sluice.process') IS NOT NULL"))
        guard try known.first?.decode(0, as: Bool.self) == true else { return false }
        let floors = try await lease.execute(
            Statement("SELECT FROM sluice.migration WHERE serves COLLATE \"C\" >= $1 LIMIT 1"),
            Parameters(migration.serves))
        return floors.count == 0
    }
}

extension PostgresError {
    /// A lock that was not to be had in time, or a deadlock: everything was undone, and may be tried again.
    fileprivate var isOfLocks: Bool { sqlState == "55P03" || sqlState == "40P01" }
}
