import TestSupport
import Testing

@testable import Postgres

@Suite struct CancellationTests {
    @Test func beforeSendingNothingHappens() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            _ = try await client.execute(Statement("CREATE TABLE thing (id int8)"))
            try await client.withConnection { _ in
                let waiting = Task { try await client.execute(Statement("INSERT INTO thing VALUES (1)")) }
                waiting.cancel()
                await #expect(throws: CancellationError.self) { _ = try await waiting.value }
            }
            #expect(try await client.int("SELECT count(*) FROM thing") == 0)
        }
    }

    @Test func afterSendingTheCallerGoesOnAndTheResultIsDropped() async throws {
        try await withEmptyDatabase { database in
            let (client, observer) = (database.client(), database.client())
            let backend = try await client.backend()
            let running = Task { try await client.execute(Statement("SELECT pg_sleep(60), 'cancelled'")) }
            _ = try await observer.waitForBackend(running: "cancelled")
            running.cancel()
            let start = ContinuousClock.now
            await #expect(throws: CancellationError.self) { _ = try await running.value }
            #expect(.now - start < .seconds(20))
            let next = Task { try await client.backend() }
            _ = try await observer.execute(Statement("SELECT pg_cancel_backend($1::int8::int4)"), Parameters(backend))
            #expect(try await next.value == backend)
        }
    }

    /// A cancellation that comes while the submission is on its way to the loop must not get lost: thousands of them,
    /// after 0 to 20 microseconds, hit that moment many times.
    @Test func atAnyMoment() async throws {
        try await withEmptyDatabase { database in
            let client = database.client { $0.maximumWaiting = 100_000 }
            let start = ContinuousClock.now
            try await client.withConnection { _ in
                var tasks: [Task<Void, any Error>] = []
                for number in 0..<5_000 {
                    let isStarted = Shared(false)
                    let task = Task {
                        isStarted.update { $0 = true }
                        if number % 2 == 0 {
                            _ = try await client.query(Statement("SELECT 1"), within: .seconds(60))
                        } else {
                            try await client.withConnection(within: .seconds(60)) { _ in }
                        }
                    }
                    while !isStarted.value { await Task.yield() }
                    let moment = ContinuousClock.now + .nanoseconds(number * 4)
                    while .now < moment {}
                    task.cancel()
                    tasks.append(task)
                }
                for task in tasks { await #expect(throws: CancellationError.self) { try await task.value } }
            }
            #expect(.now - start < .seconds(50))
            #expect(try await client.int("1") == 1)
        }
    }
}
