import TestSupport

@testable import Postgres

extension Client {
    func int(_ sql: String, _ parameters: Parameters = Parameters()) async throws -> Int64 {
        let row = try await query(Statement("SELECT (\(sql))::int8"), parameters).first
        guard let row else { throw PostgresError(.mismatch, "no row") }
        return try row.decode(0)
    }

    func backend() async throws -> Int64 { try await int("pg_backend_pid()") }

    /// The session that runs a statement which contains the text, when it is at it, or has come to wait for a lock.
    func backend(running text: String, waitingForLock: Bool = false) async throws -> Int64? {
        let rows = try await query(
            Statement(
                """
                SELECT pid::int8 FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'
                    AND position($1 IN query) > 0 AND (wait_event_type = 'Lock' OR NOT $2)
                """), Parameters(text, waitingForLock))
        return try rows.first?.decode(0)
    }

    func waitForBackend(running text: String, waitingForLock: Bool = false) async throws -> Int64 {
        let found = Shared<Int64?>(nil)
        try await eventually {
            let pid = try await backend(running: text, waitingForLock: waitingForLock)
            found.update { $0 = pid }
            return pid != nil
        }
        guard let pid = found.value else { throw NeverHappened("No session runs \(text)") }
        return pid
    }

    func terminate(_ backend: Int64) async throws {
        _ = try await execute(Statement("SELECT pg_terminate_backend($1::int8::int4)"), Parameters(backend))
    }
}

/// The error that the body throws, where it is one of ours.
func postgresError(_ body: () async throws -> Void) async throws -> PostgresError? {
    do {
        try await body()
        return nil
    } catch let error as PostgresError {
        return error
    }
}
