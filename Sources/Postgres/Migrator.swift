import Crypto
package import Logging

/// One step of the schema. Its name orders it; once applied, its text must not change.
package struct Migration: Sendable {
    package let name: String
    package let sql: String

    package init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }

    package var checksum: String {
        SHA256.hash(data: Array(sql.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// A file whose first line says so runs outside a transaction, for statements that demand it.
    var usesTransaction: Bool { !sql.hasPrefix("-- no-transaction") }
}

/// Brings a database's schema to the program's list of migrations, one process at a time.
package struct Migrator: Sendable {
    /// Any number that no other program's advisory lock has; "sluice" in ASCII.
    static let lock: Int64 = 0x736c_7569_6365

    /// Between two looks at the lock: nothing beside a migration, and ten short statements a second while one runs.
    private static let lockPause = Duration.milliseconds(100)

    let migrations: [Migration]
    let finish: Statement?
    let logger: Logger

    /// - Parameter finish: ends the last of the migrations that are applied, as a part of it: where it is missing, so is
    ///   the migration, and the next run does both.
    package init(_ migrations: [Migration], finish: Statement? = nil, logger: Logger) {
        self.migrations = migrations
        self.finish = finish
        self.logger = logger
    }

    /// The names of what is not yet applied. Throws `.migration` where the database's history is not ours.
    package func pending(_ client: Client) async throws -> [String] {
        try await client.withConnection { lease in try await pending(lease).map(\.name) }
    }

    /// Applies what is pending and returns its names. Waits while another process migrates.
    @discardableResult
    package func migrate(_ client: Client) async throws -> [String] {
        try await client.withConnection { lease in
            // A session that waits in pg_advisory_lock has a snapshot, for whose end CREATE INDEX CONCURRENTLY would wait.
            let lock = Statement("SELECT pg_try_advisory_lock($1)")
            while try await lease.execute(lock, Parameters(Self.lock)).first?.decode(0, as: Bool.self) != true {
                try await Task.sleep(for: Self.lockPause)
            }
            let result: Result<[String], any Error>
            do { result = .success(try await applyPending(lease)) } catch { result = .failure(error) }
            // The lock belongs to the session, which outlives a failure.
            _ = try? await lease.execute(Statement("SELECT pg_advisory_unlock($1)"), Parameters(Self.lock))
            return try result.get()
        }
    }

    private func applyPending(_ lease: borrowing Lease) async throws -> [String] {
        let todo = try await pending(lease)
        for migration in todo {
            logger.info("migrating", metadata: ["migration": "\(migration.name)"])
            try await apply(migration, finish: migration.name == todo.last?.name ? finish : nil, lease)
        }
        return todo.map(\.name)
    }

    private func pending(_ lease: borrowing Lease) async throws -> [Migration] {
        let known = try await lease.execute(Statement("SELECT to_regclass('sluice.migration') IS NOT NULL"))
        guard try known.first?.decode(0, as: Bool.self) == true else { return migrations }
        let rows = try await lease.execute(Statement("SELECT name, checksum FROM sluice.migration ORDER BY name"))
        let applied = try rows.map {
            (name: try $0.decode(0, as: String.self), checksum: try $0.decode(1, as: String.self))
        }
        for (migration, old) in zip(migrations, applied)
        where migration.name != old.name || migration.checksum != old.checksum {
            throw PostgresError(.migration, "the database has migration \(old.name) in another form than this program")
        }
        guard applied.count <= migrations.count else {
            throw PostgresError(
                .migration,
                "the database has been migrated by a newer program: it knows \(applied[migrations.count].name)")
        }
        return Array(migrations[applied.count...])
    }

    private func apply(_ migration: Migration, finish: Statement?, _ lease: borrowing Lease) async throws {
        if migration.usesTransaction { try await lease.execute(Statement("BEGIN")) }
        do {
            for statement in splitStatements(migration.sql) { try await lease.execute(Statement(statement)) }
            if let finish { try await lease.execute(Statement(finish.sql)) }
            try await lease.execute(
                Statement("INSERT INTO sluice.migration (name, checksum) VALUES ($1, $2)"),
                Parameters(migration.name, migration.checksum))
            if migration.usesTransaction { try await lease.execute(Statement("COMMIT")) }
        } catch {
            if migration.usesTransaction { _ = try? await lease.execute(Statement("ROLLBACK")) }
            throw error
        }
    }
}

/// Cuts a script at the semicolons that end statements: not those in strings, quoted names, comments or dollar quotes.
/// It does not know the bodies of functions that are written as BEGIN ATOMIC.
package func splitStatements(_ script: String) -> [String] {
    var scanner = ScriptScanner(Array(script.utf8))
    var statements: [String] = []
    while let statement = scanner.next() { statements.append(statement) }
    return statements
}

private struct ScriptScanner {
    private let bytes: [UInt8]
    private var position = 0
    private var hasCode = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> String? {
        let start = position
        hasCode = false
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: ";") {
                position += 1
                if hasCode { return text(start, position - 1) }
            } else {
                skipToken()
            }
        }
        return hasCode ? text(start, position) : nil
    }

    private func text(_ from: Int, _ to: Int) -> String { String(decoding: bytes[from..<to], as: UTF8.self) }

    private mutating func skipToken() {
        if starts(with: "--") { return skip(past: "\n") }
        if starts(with: "/*") { return skipBlockComment() }
        let byte = bytes[position]
        guard byte > UInt8(ascii: " ") else {
            position += 1
            return
        }
        hasCode = true
        switch byte {
        case UInt8(ascii: "'"): skipQuoted("'")
        case UInt8(ascii: "\""): skipQuoted("\"")
        case UInt8(ascii: "$"): skipDollarQuoted()
        case _ where Self.isWord(byte): skipWord()
        default: position += 1
        }
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if starts(with: "/*") {
                depth += 1
                position += 2
            } else if starts(with: "*/") {
                depth -= 1
                position += 2
            } else {
                position += 1
            }
        } while depth > 0 && position < bytes.count
    }

    /// A doubled quote ends one string and begins the next, which comes to the same.
    private mutating func skipQuoted(_ quote: String) {
        position += 1
        skip(past: quote)
    }

    /// A dollar inside a name begins no quote; E'...' is the one string in which a backslash hides a quote.
    private mutating func skipWord() {
        let start = position
        while position < bytes.count, Self.isWord(bytes[position]) || bytes[position] == UInt8(ascii: "$") {
            position += 1
        }
        guard position - start == 1, bytes[start] | 0x20 == UInt8(ascii: "e"), starts(with: "'") else { return }
        position += 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "'") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        position = min(position + 1, bytes.count)
    }

    private mutating func skipDollarQuoted() {
        var end = position + 1
        while end < bytes.count, Self.isWord(bytes[end]) { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "$"), !Self.isDigit(bytes[position + 1]) else {
            position += 1
            return
        }
        let tag = text(position, end + 1)
        position = end + 1
        skip(past: tag)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte == UInt8(ascii: "_") || byte >= 0x80 || (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
    }

    private func starts(with text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

    private mutating func skip(past text: String) {
        while position < bytes.count, !starts(with: text) { position += 1 }
        position = min(position + text.utf8.count, bytes.count)
    }
}
