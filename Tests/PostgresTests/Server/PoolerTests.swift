import TestSupport
import Testing

@testable import Postgres

/// Through PgBouncer in transaction mode, which gives each transaction one of two sessions.
@Suite(.serialized, .timeLimit(.minutes(2))) struct PoolerTests {
    private static let statements = try? Statement.parse(
        """
        -- name: double
        -- $1 number int8
        -- > twice int8
        SELECT $1::int8 * 2
        -- name: of_kind
        -- $1 kind text
        SELECT id FROM thing WHERE kind = $1
        """)

    private static let session = Statement(
        """
        SELECT current_user::text, coalesce(current_setting('test.who', true), ''), current_setting('statement_timeout'),
               current_setting('plan_cache_mode'), pg_backend_pid()::int8
        """)

    private func withPooler(
        _ body: (_ pooled: TestDatabase, _ direct: TestDatabase, LocalPooler) async throws -> Void
    ) async throws {
        try await withServer { server in
            try await TestSupport.withPooler(before: server, sessions: 2) { pooler in
                try await withClients(of: server.connectionString) { direct in
                    try await withClients(of: pooler.connectionString, throughPooler: true) { pooled in
                        try await body(pooled, direct, pooler)
                    }
                }
            }
        }
    }

    /// Role, limits and the settings of tasks hold in their transactions, whatever session those have, and nothing is
    /// left behind.
    @Test func settingsGoWithEachTransaction() async throws {
        try await withPooler { pooled, _, _ in
            let monitor = pooled.client(connections: 4) { $0 = $0.taking(role: "pg_monitor") }
            let plain = pooled.client(connections: 4)
            let sessions = Shared<Set<Int64>>([])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<400 {
                    group.addTask {
                        let name = number % 3 == 0 ? "" : "\(number)"
                        let client = number % 2 == 0 ? monitor : plain
                        let rows = try await LocalSettings.with("test.who", name) {
                            try await number % 5 == 0 ? client.execute(Self.session) : client.query(Self.session)
                        }
                        let row = rows[0]
                        #expect(try row.decode(0) == (number % 2 == 0 ? "pg_monitor" : "sluice"))
                        #expect(try row.decode(1) == name)
                        #expect(try row.decode(2) == "30s")
                        #expect(try row.decode(3) == "force_generic_plan")
                        let session = try row.decode(4, as: Int64.self)
                        sessions.update { $0.insert(session) }
                    }
                }
                try await group.waitForAll()
            }
            #expect(sessions.value.count <= 2)
            let bare = pooled.client { $0.sessionSettings = [] }
            let row = try await bare.query(Self.session)[0]
            let left = try (0..<3).map { try row.decode($0, as: String.self) }
            #expect(left == ["sluice", "", "0"])
        }
    }

    /// Types of parameters are inferred as when a statement is prepared: a text may be an enumeration's label.
    @Test func namedStatementsNeedNoSession() async throws {
        try await withPooler { pooled, direct, _ in
            let statements = try #require(Self.statements)
            let owner = direct.client()
            for sql in [
                "CREATE TYPE kind AS ENUM ('big', 'small')", "CREATE TABLE thing (id int8, kind kind)",
                "INSERT INTO thing VALUES (1, 'big'), (2, 'small')",
            ] { _ = try await owner.execute(Statement(sql)) }
            let client = pooled.client(statements: statements, connections: 3)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in Int64(0)..<200 {
                    group.addTask { () async throws -> Void in
                        #expect(try await client.query(statements[0], Parameters(number))[0].decode(0) == number * 2)
                        #expect(try await client.execute(statements[1], Parameters("small"))[0].decode(0) == Int64(2))
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func anErrorFailsNoNeighbour() async throws {
        try await withPooler { pooled, _, _ in
            try await divide(pooled.client(), by: -20...60)
        }
    }

    @Test func aBatchIsOneTransaction() async throws {
        try await withPooler { pooled, direct, _ in
            _ = try await direct.client().execute(Statement("CREATE TABLE thing (id int8 PRIMARY KEY)"))
            let client = pooled.client()
            let insert = Statement("INSERT INTO thing VALUES ($1)")
            let error = try await postgresError {
                _ = try await client.batch([1, 2, 1].map { (insert, Parameters(Int64($0))) })
            }
            #expect(error?.sqlState == "23505")
            #expect(try await client.int("SELECT count(*) FROM thing") == 0)
        }
    }

    @Test func aWriteWhoseSessionOrPoolerEndsHasAnUnknownOutcome() async throws {
        try await withPooler { pooled, direct, pooler in
            let (client, observer) = (pooled.client(), direct.client())
            let write = Task { try await client.execute(Statement("SELECT pg_sleep(60), 'write'")) }
            try await observer.terminate(observer.waitForBackend(running: "'write'"))
            let ended = try await postgresError { _ = try await write.value }
            #expect(ended?.code == .connectionLost && ended?.outcomeUnknown == true, "\(String(describing: ended))")

            let next = Task { try await client.execute(Statement("SELECT pg_sleep(60), 'next'")) }
            _ = try await observer.waitForBackend(running: "'next'")
            try await pooler.kill()
            let cut = try await postgresError { _ = try await next.value }
            #expect(cut?.code == .connectionLost, "\(String(describing: cut))")
            let waiting = Task { try await client.int("1") }
            try await pooler.start()
            #expect(try await waiting.value == 1)
        }
    }
}
