import Postgres
import TestSupport
import Testing

/// Settings of a task reach its own statements and no others.
@Suite struct LocalSettingsServerTests {
    private static let read = Statement("SELECT coalesce(current_setting('test.who', true), '')")
    private static let fail = Statement("SELECT 1 / (length(current_setting('test.who', true)) - 100)")

    private func who(_ client: Client) async throws -> String {
        try await client.query(Self.read).first?.decode(0) ?? "nobody"
    }

    @Test func holdForOneUnitOfWork() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            try await LocalSettings.with("test.who", "a") {
                #expect(try await who(client) == "a")
                #expect(try await client.execute(Self.read).first?.decode(0, as: String.self) == "a")
                let both = try await client.batch([(Self.read, Parameters()), (Self.read, Parameters())])
                #expect(try both.map { try $0[0].decode(0, as: String.self) } == ["a", "a"])
                let inner = try await LocalSettings.with("test.who", "b") { try await who(client) }
                #expect(inner == "b")
            }
            #expect(try await who(client) == "")
        }
    }

    /// Reads of many tasks share transactions.
    @Test func doNotReachTheNeighboursInARoundTrip() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            try await withThrowingTaskGroup(of: (String, String).self) { group in
                for number in 0..<300 {
                    group.addTask {
                        guard number % 3 > 0 else { return ("", try await who(client)) }
                        let name = number % 2 == 0 ? "\(number)" : "odd"
                        return try await LocalSettings.with("test.who", name) { (name, try await who(client)) }
                    }
                }
                for try await (expected, told) in group { #expect(told == expected) }
            }
        }
    }

    @Test func holdInALeasedTransactionAndEndWithIt() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            try await LocalSettings.with("test.who", "a") {
                let told = try await client.withTransaction { lease in
                    try await lease.execute(Self.read)[0].decode(0, as: String.self)
                }
                #expect(told == "a")
            }
            #expect(try await who(client) == "")
        }
    }

    @Test func anErrorIsThatOfTheStatement() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            let error = await #expect(throws: PostgresError.self) {
                try await LocalSettings.with("test.who", String(repeating: "a", count: 100)) {
                    _ = try await client.query(Self.fail)
                }
            }
            #expect(error?.sqlState == "22012")
            let left = try await who(client)
            #expect(left == "")
        }
    }

    @Test func aClientTakesItsRole() async throws {
        try await withEmptyDatabase { database in
            let client = database.client { $0 = $0.taking(role: "pg_monitor") }
            let rows = try await client.query(Statement("SELECT current_user::text, session_user <> current_user"))
            #expect(try rows[0].decode(0, as: String.self) == "pg_monitor")
            #expect(try rows[0].decode(1, as: Bool.self))
        }
    }
}
