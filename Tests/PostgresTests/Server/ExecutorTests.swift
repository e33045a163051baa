import Glibc
import TestSupport
import Testing

@testable import Postgres

@Suite struct ExecutorTests {
    /// Of a statement between two looks at the thread.
    @Test func aTaskOfTheConnectionsThreadStaysOnIt() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            let here = pthread_self()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in Int64(0)..<100 {
                    group.addTask(executorPreference: client.executor) {
                        let before = pthread_self()
                        for _ in 0..<20 {
                            let rows = try await client.execute(Statement("SELECT $1::int8"), Parameters(number))
                            #expect(try rows.first?.decode(0) == number)
                            #expect(pthread_equal(pthread_self(), before) != 0)
                        }
                        #expect(pthread_equal(here, before) == 0)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// A job that posts the next one at once must not keep the sockets from their turn.
    @Test func aBusyTaskLeavesTheConnectionsTheirTurn() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            let spinning = Task(executorPreference: client.executor) {
                while !Task.isCancelled { await Task.yield() }
            }
            let rows = try await client.query(Statement("SELECT 1::int8"), within: .seconds(20))
            #expect(try rows.first?.decode(0) == Int64(1))
            spinning.cancel()
            await spinning.value
        }
    }
}
