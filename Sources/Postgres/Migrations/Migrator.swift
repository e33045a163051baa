package import Logging

/// Brings a database's schema to the program's list of migrations, one process at a time, while other processes serve.
package struct Migrator: Sendable {
    /// Any number that no other program's advisory lock has; "sluice" in ASCII.
    static let lock: Int64 = 0x736c_7569_6365

    /// Between two looks at the lock: nothing beside a migration, and ten short statements a second while one runs.
    private static let lockPause = Duration.milliseconds(100)

    let migrations: [Migration]
    let finish: Statement?
    let patience: LockPatience
    let logger: Logger

    /// - Parameter finish: ends the last of the migrations that are applied, as a part of it: where it is missing, so is
    ///   the migration, and the next run does both.
    package init(
        _ migrations: [Migration], finish: Statement? = nil, patience: LockPatience = LockPatience(), logger: Logger
    ) {
        self.migrations = migrations
        self.finish = finish
        self.patience = patience
        self.logger = logger
    }

    /// The names of what is not yet applied. Throws `.migration` where the database's history is not ours, or its schema
    /// no longer serves a program that knows no more than these migrations.
    package func pending(_ client: Client) async throws -> [String] {
        try await client.withConnection { lease in try await pending(lease).map(\.name) }
    }

    /// Applies what is pending and returns its names. Waits while another process migrates, and for locks as long as its
    /// patience lasts. A step that no longer serves a process that runs is refused.
    ///
    /// - Parameter client: tells who is in the way, where it has a second connection to look.
    @discardableResult
    package func migrate(_ client: Client) async throws -> [String] {
        try await client.withConnection { lease in
            // A session that waits in pg_advisory_lock has a snapshot, for whose end CREATE INDEX CONCURRENTLY would wait.
            let lock = Statement("SELECT pg_try_advisory_lock($1)")
            while try await lease.execute(lock, Parameters(Self.lock)).first?.decode(0, as: Bool.self) != true {
                try await Task.sleep(for: Self.lockPause)
            }
            let result: Result<[String], any Error>
            do { result = .success(try await applyPending(lease, watching: client)) } catch { result = .failure(error) }
            // The lock belongs to the session, which outlives a failure.
            _ = try? await lease.execute(Statement("SELECT pg_advisory_unlock($1)"), Parameters(Self.lock))
            return try result.get()
        }
    }

    private func applyPending(_ lease: borrowing Lease, watching client: Client) async throws -> [String] {
        let todo = try await pending(lease)
        for migration in todo {
            logger.info("migrating", metadata: ["migration": "\(migration.name)"])
            try await apply(
                migration, finish: migration.name == todo.last?.name ? finish : nil, lease, watching: client)
        }
        return todo.map(\.name)
    }

    private func pending(_ lease: borrowing Lease) async throws -> [Migration] {
        let applied = try await applied(lease)
        switch SchemaFit(of: migrations, in: applied) {
        case .fits: return []
        case .lacks: return Array(migrations[applied.count...])
        case .outgrown(let oldest): throw PostgresError.outgrown(migrations.last?.name ?? "", servesFrom: oldest)
        case .differs(let name):
            throw PostgresError(.migration, "the database has migration \(name) in another form than this program")
        }
    }

    private func applied(_ lease: borrowing Lease) async throws -> [SchemaFit.Applied] {
        let known = try await lease.execute(Statement("SELECT to_regclass('sluice.migration') IS NOT NULL"))
        guard try known.first?.decode(0, as: Bool.self) == true else { return [] }
        return try await lease.execute(
            Statement("SELECT name, checksum, serves FROM sluice.migration ORDER BY name COLLATE \"C\"")
        ).map { SchemaFit.Applied(name: try $0.decode(0), checksum: try $0.decode(1), serves: try $0.decode(2)) }
    }
}
