import TestSupport
import Testing

@testable import Postgres

@Suite struct ClientTests {
    @Test(arguments: [1, 3]) func everyResultGoesToItsCaller(connections: Int) async throws {
        try await withEmptyDatabase { database in
            let double = try Statement.parse("-- name: double\n-- $1 number int8\n-- > twice int8\nSELECT $1::int8 * 2")
            let client = database.client(statements: double, connections: connections)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<50 {
                    group.addTask {
                        for round in 0..<40 {
                            let number = Int64(task * 1_000 + round)
                            let rows =
                                task % 3 == 0
                                ? try await client.execute(double[0], Parameters(number))
                                : try await client.query(double[0], Parameters(number))
                            #expect(try rows.first?.decode(0) == number * 2)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func anErrorFailsNoNeighbour() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            for _ in 0..<20 { try await divide(client, by: -5...15) }
        }
    }

    @Test func aBatchIsOneTransaction() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            _ = try await client.execute(Statement("CREATE TABLE thing (id int8 PRIMARY KEY)"))
            let insert = Statement("INSERT INTO thing VALUES ($1)")
            let error = try await postgresError {
                _ = try await client.batch([1, 2, 1, 3].map { (insert, Parameters(Int64($0))) })
            }
            #expect(error?.sqlState == "23505" && error?.constraint == "thing_pkey")
            #expect(try await client.int("SELECT count(*) FROM thing") == 0)
            let results = try await client.batch([
                (insert, Parameters(Int64(1))), (Statement("SELECT txid_current()"), Parameters()),
                (Statement("INSERT INTO thing SELECT generate_series(2::int8, 5)"), Parameters()),
                (Statement("SELECT txid_current()"), Parameters()),
            ])
            #expect(results.map(\.affected) == [1, 1, 4, 1])
            #expect(try results[1].first?.decode(0, as: Int64.self) == results[3].first?.decode(0, as: Int64.self))
            #expect(try await client.batch([]).isEmpty)
        }
    }

    @Test func aStatementTakesWhatItDeclares() async throws {
        try await withEmptyDatabase { database in
            let statements = try Statement.parse("-- name: one\n-- $1 number int8\nSELECT $1")
            let client = database.client(statements: statements)
            let error = try await postgresError { _ = try await client.query(statements[0], Parameters("1")) }
            #expect(error?.code == .mismatch && error?.statement == "one")
            let stranger = try Statement.parse("-- name: stranger\nSELECT 1")
            let unknown = try await postgresError { _ = try await client.query(stranger[0]) }
            #expect(unknown?.code == .server && unknown?.sqlState == "26000" && unknown?.statement == "stranger")
            #expect(try await client.int("1") == 1)
        }
    }

    /// Lends the only connection away, so that what comes now waits, and sends until the bound is reached.
    private func fill(_ client: Client, with parameters: Parameters) async throws {
        let length = Statement("SELECT octet_length($1::text)::int8")
        try await client.withConnection { _ in
            var waiting: [Task<Rows, any Error>] = []
            try await eventually {
                waiting.append(Task { try await client.query(length, parameters) })
                let error = try await postgresError { _ = try await client.query(length, parameters, within: .zero) }
                return error?.code == .overloaded
            }
            for task in waiting { task.cancel() }
            for task in waiting { _ = await task.result }
        }
        #expect(try await client.query(length, parameters).count == 1)
    }

    @Test func atTheBoundCallersAreOverloaded() async throws {
        try await withEmptyDatabase { database in
            try await fill(database.client { $0.maximumWaiting = 3 }, with: Parameters("x"))
        }
    }

    @Test func atTheBoundOfBytesCallersAreOverloaded() async throws {
        try await withEmptyDatabase { database in
            try await fill(database.client { $0.maximumWaitingBytes = 10 }, with: Parameters("four"))
        }
    }

    @Test func aStatementLargerThanTheBoundPassesAlone() async throws {
        try await withEmptyDatabase { database in
            let client = database.client { $0.maximumWaitingBytes = 10 }
            let large = Parameters(String(repeating: "x", count: 11))
            let rows = try await client.query(Statement("SELECT octet_length($1::text)"), large)
            #expect(try rows.first?.decode(0, as: Int32.self) == 11)
        }
    }

    @Test func withoutAConnectionTheDeadlineTellsWhy() async throws {
        let loop = try Loop()
        defer { loop.stop() }
        let settings = try ConnectionSettings("host=/nonexistent user=nobody dbname=none password=hunter2")
        let client = Client(Client.Configuration(settings, name: "test"), on: loop)
        let error = try await postgresError {
            _ = try await client.query(Statement("SELECT 1"), within: .milliseconds(300))
        }
        #expect(error?.code == .unavailable)
        #expect(error.map { "\($0)".contains("/nonexistent") && !"\($0)".contains("hunter2") } == true)
        let lease = try await postgresError { try await client.withConnection(within: .milliseconds(50)) { _ in } }
        #expect(lease?.code == .unavailable)
        await client.close()
        #expect(try await postgresError { _ = try await client.int("1") }?.code == .closed)
    }

    @Test func aStatementThatCantBePreparedIsTheReason() async throws {
        try await withEmptyDatabase { database in
            let statements = try Statement.parse("-- name: lost\nSELECT * FROM nowhere")
            let client = database.client(statements: statements)
            let error = try await postgresError {
                _ = try await client.query(statements[0], within: .milliseconds(500))
            }
            #expect(error?.code == .unavailable && error?.sqlState == "42P01")
            #expect(error?.message.contains("nowhere") == true)
        }
    }

    @Test func closingFailsWhatWaits() async throws {
        try await withEmptyDatabase { database in
            let (client, observer) = (database.client(), database.client())
            let running = Task { try await client.execute(Statement("SELECT pg_sleep(30), 'closing'")) }
            _ = try await observer.waitForBackend(running: "closing")
            let waiting = Task { try await client.withConnection { _ in } }
            await client.close()
            #expect(try await postgresError { _ = try await running.value }?.code == .connectionLost)
            #expect(try await postgresError { try await waiting.value }?.code == .closed)
        }
    }
}
