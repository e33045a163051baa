import TestSupport
import Testing

@testable import Postgres

@Suite struct GroupCommitTests {
    private static func limits(concurrency: Int = 1, waitingItems: Int = 1_000) -> GroupCommit<Int64, Int64>.Limits {
        GroupCommit.Limits(
            batchItems: 50, batchBytes: 1_000, concurrency: concurrency, waitingItems: waitingItems,
            waitingBytes: 100_000)
    }

    /// Runs the group commit beside the body, closes it afterwards, and waits until it has drained.
    private func running(
        _ commits: GroupCommit<Int64, Int64>, _ body: (GroupCommit<Int64, Int64>) async throws -> Void
    ) async throws {
        let run = Task { try await commits.run() }
        do {
            try await body(commits)
        } catch {
            commits.close()
            throw error
        }
        commits.close()
        try await run.value
    }

    @Test func gathersABatchWhileAnotherCommits() async throws {
        let batches = Shared<[[Int64]]>([])
        let isOpen = Shared(false)
        let commits = GroupCommit<Int64, Int64>(limits: Self.limits()) { items, _ in
            batches.update { $0.append(items) }
            try await eventually { isOpen.value }
            return items.map { -$0 }
        }
        try await running(commits) { commits in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let output = try await commits.submit(0, bytes: 1, within: .seconds(30))
                    #expect(output == 0)
                }
                try await eventually { batches.value == [[0]] }
                for item in Int64(1)...60 {
                    group.addTask {
                        let output = try await commits.submit(item, bytes: 1, within: .seconds(30))
                        #expect(output == -item)
                    }
                }
                try await eventually { commits.waitingItems == 60 }
                isOpen.update { $0 = true }
                try await group.waitForAll()
            }
        }
        #expect(batches.value.map(\.count) == [1, 50, 10])
        #expect(batches.value.joined().sorted() == Array(0...60))
    }

    @Test func aPoisonItemFailsAlone() async throws {
        try await withEmptyDatabase { database in
            let client = database.client(connections: 2)
            _ = try await client.execute(
                Statement("CREATE TABLE thing (id int8 PRIMARY KEY CONSTRAINT is_good CHECK (id % 20 <> 13))"))
            let insert = Statement("INSERT INTO thing SELECT unnest($1::int8[])")
            let commits = GroupCommit<Int64, Int64>(limits: Self.limits(concurrency: 2)) { items, deadline in
                _ = try await client.execute(insert, Parameters(items), within: deadline)
                return items
            }
            try await running(commits) { commits in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for item in Int64(0)..<100 {
                        group.addTask {
                            let error = try await postgresError {
                                let output = try await commits.submit(item, bytes: 8, within: .seconds(30))
                                #expect(output == item)
                            }
                            #expect(error?.constraint == (item % 20 == 13 ? "is_good" : nil))
                        }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(try await client.int("SELECT count(*) FROM thing") == 95)
        }
    }

    @Test func triesAgainWhenTheConnectionIsLost() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            _ = try await client.execute(Statement("CREATE TABLE thing (id int8 PRIMARY KEY)"))
            let insert = Statement("INSERT INTO thing SELECT unnest($1::int8[]) ON CONFLICT DO NOTHING")
            let calls = Shared(0)
            let commits = GroupCommit<Int64, Int64>(limits: Self.limits()) { items, deadline in
                calls.update { $0 += 1 }
                if calls.value <= 2 {
                    _ = try await client.execute(Statement("SELECT pg_terminate_backend(pg_backend_pid())"))
                }
                _ = try await client.execute(insert, Parameters(items), within: deadline)
                return items
            }
            try await running(commits) { commits in
                let output = try await commits.submit(1, bytes: 8, within: .seconds(30))
                #expect(output == 1)
            }
            #expect(calls.value == 3)
            #expect(try await client.int("SELECT count(*) FROM thing") == 1)
        }
    }

    /// What an item gets whose commit fails with these errors, and then with the last one, until its deadline passes.
    /// A busy machine may let the deadline pass before the errors have come: then it is tried again.
    private func verdict(after errors: [PostgresError.Code]) async throws -> PostgresError? {
        let calls = Shared(0)
        let commits = GroupCommit<Int64, Int64>(limits: Self.limits()) { _, deadline in
            calls.update { $0 += 1 }
            let code = errors[min(calls.value, errors.count) - 1]
            try await Task.sleep(for: min(deadline, .milliseconds(10)))
            throw PostgresError(code, "down")
        }
        let verdict = Shared<PostgresError?>(nil)
        try await running(commits) { commits in
            try await eventually {
                calls.update { $0 = 0 }
                let deadline = ContinuousClock.now + .milliseconds(200)
                let error = try await postgresError {
                    _ = try await commits.submit(1, bytes: 8, within: .milliseconds(200))
                }
                #expect(.now >= deadline)
                verdict.update { $0 = error }
                return calls.value > errors.count
            }
        }
        return verdict.value
    }

    @Test(arguments: [PostgresError.Code.connectionLost, .unavailable])
    func givesUpAtTheDeadline(code: PostgresError.Code) async throws {
        #expect(try await verdict(after: [code])?.code == code)
    }

    @Test func anUnknownOutcomeStaysUnknown() async throws {
        #expect(try await verdict(after: [.connectionLost, .unavailable])?.code == .connectionLost)
    }

    @Test func anItemOfAShorterDeadlineDoesNotWaitForItsNeighbours() async throws {
        let batches = Shared<[[Int64]]>([])
        let isGathered = Shared(false)
        let isUp = Shared(false)
        let commits = GroupCommit<Int64, Int64>(limits: Self.limits()) { items, deadline in
            batches.update { $0.append(items) }
            if items == [0] { try await eventually { isGathered.value } }
            if items == [0] || isUp.value { return items }
            if items.contains(2) { #expect(deadline <= .seconds(5)) }
            try await Task.sleep(for: min(deadline, .milliseconds(10)))
            throw PostgresError(.unavailable, "down")
        }
        try await running(commits) { commits in
            let first = Task { try await commits.submit(0, bytes: 8, within: .seconds(60)) }
            try await eventually { batches.value == [[0]] }
            let patient = Task { try await commits.submit(1, bytes: 8, within: .seconds(60)) }
            try await eventually { commits.waitingItems == 1 }
            let hasty = Task { try await commits.submit(2, bytes: 8, within: .seconds(5)) }
            try await eventually { commits.waitingItems == 2 }
            isGathered.update { $0 = true }
            #expect(try await postgresError { _ = try await hasty.value }?.code == .unavailable)
            #expect(batches.value[1] == [1, 2])
            isUp.update { $0 = true }
            #expect(try await patient.value == 1)
            #expect(try await first.value == 0)
        }
    }

    @Test func closingDrains() async throws {
        let hasBegun = Shared(false)
        let isOpen = Shared(false)
        let commits = GroupCommit<Int64, Int64>(limits: Self.limits(waitingItems: 5)) { items, _ in
            hasBegun.update { $0 = true }
            try await eventually { isOpen.value }
            return items
        }
        let run = Task { try await commits.run() }
        let first = Task { try await commits.submit(0, bytes: 1, within: .seconds(30)) }
        try await eventually { hasBegun.value }
        let rest = (1...5).map { item in Task { try await commits.submit(item, bytes: 1, within: .seconds(30)) } }
        try await eventually { commits.waitingItems == 5 }
        let full = try await postgresError { _ = try await commits.submit(6, bytes: 1, within: .seconds(30)) }
        #expect(full?.code == .overloaded)
        commits.close()
        let closed = try await postgresError { _ = try await commits.submit(6, bytes: 1, within: .seconds(30)) }
        #expect(closed?.code == .closed)
        isOpen.update { $0 = true }
        try await run.value
        #expect(try await first.value == 0)
        for (item, task) in zip(Int64(1)..., rest) { #expect(try await task.value == item) }
    }

    @Test func aCancelledRunEnds() async throws {
        let commits = GroupCommit<Int64, Int64>(limits: Self.limits(concurrency: 3)) { items, _ in items }
        let run = Task { try await commits.run() }
        #expect(try await commits.submit(1, bytes: 1, within: .seconds(30)) == 1)
        run.cancel()
        try await run.value
        let error = try await postgresError { _ = try await commits.submit(2, bytes: 1, within: .seconds(1)) }
        #expect(error?.code == .closed)
    }

    @Test func aWrongNumberOfOutputsIsAMismatch() async throws {
        let commits = GroupCommit<Int64, Int64>(limits: Self.limits()) { _, _ in [] }
        try await running(commits) { commits in
            let error = try await postgresError { _ = try await commits.submit(1, bytes: 1, within: .seconds(30)) }
            #expect(error?.code == .mismatch)
        }
    }
}
