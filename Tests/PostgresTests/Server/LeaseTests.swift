import TestSupport
import Testing

@testable import Postgres

@Suite struct LeaseTests {
    private struct Refusal: Error {}

    private func withThings(_ body: (Client) async throws -> Void) async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            _ = try await client.execute(Statement("CREATE TABLE thing (id int8 PRIMARY KEY)"))
            try await body(client)
        }
    }

    private let insert = Statement("INSERT INTO thing VALUES (1)")

    @Test func commits() async throws {
        try await withThings { client in
            let affected = try await client.withTransaction { try await $0.execute(insert).affected }
            #expect(affected == 1)
            #expect(try await client.int("SELECT count(*) FROM thing") == 1)
        }
    }

    @Test func rollsBackWhenTheBodyThrows() async throws {
        try await withThings { client in
            let backend = try await client.backend()
            await #expect(throws: Refusal.self) {
                try await client.withTransaction { lease in
                    try await lease.execute(insert)
                    throw Refusal()
                }
            }
            #expect(try await client.int("SELECT count(*) FROM thing") == 0)
            #expect(try await client.backend() == backend)
        }
    }

    @Test func aSwallowedErrorIsNoCommit() async throws {
        try await withThings { client in
            let error = try await postgresError {
                try await client.withTransaction { lease in
                    try await lease.execute(insert)
                    _ = try? await lease.execute(insert)
                }
            }
            #expect(error?.sqlState == "25P02")
            #expect(try await client.int("SELECT count(*) FROM thing") == 0)
        }
    }

    @Test func aCancelledTransactionLeavesNothing() async throws {
        try await withThings { client in
            let isInside = Shared(false)
            let task = Task {
                try await client.withTransaction { lease in
                    try await lease.execute(insert)
                    isInside.update { $0 = true }
                    try await lease.execute(Statement("SELECT pg_sleep(60)"))
                }
            }
            try await eventually { isInside.value }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await client.int("SELECT count(*) FROM thing") == 0)
        }
    }

    @Test func aConnectionLeftInATransactionIsReplaced() async throws {
        try await withThings { client in
            let backend = try await client.backend()
            try await client.withConnection { lease in
                try await lease.execute(Statement("BEGIN"))
                try await lease.execute(insert)
            }
            #expect(try await client.backend() != backend)
            #expect(try await client.int("SELECT count(*) FROM thing") == 0)
        }
    }

    @Test func aLeaseWhoseConnectionBreaksFailsItsStatements() async throws {
        try await withThings { client in
            let error = try await postgresError {
                try await client.withTransaction { lease in
                    try await lease.execute(insert)
                    _ = try? await lease.execute(Statement("SELECT pg_terminate_backend(pg_backend_pid())"))
                    try await lease.execute(insert)
                }
            }
            #expect(error?.code == .connectionLost)
            #expect(try await client.int("SELECT count(*) FROM thing") == 0)
        }
    }

    @Test func leasesTakeTurnsBetweenStatements() async throws {
        try await withThings { client in
            let holders = Shared(0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in Int64(0)..<60 {
                    group.addTask {
                        guard number % 3 == 0 else {
                            #expect(try await client.int("$1::int8", Parameters(number)) == number)
                            return
                        }
                        try await client.withTransaction { lease in
                            holders.update { $0 += 1 }
                            #expect(holders.value == 1)
                            try await lease.execute(Statement("SELECT 1"))
                            holders.update { $0 -= 1 }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
