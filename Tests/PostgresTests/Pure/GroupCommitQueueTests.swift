import Testing

@testable import Postgres

extension Pure {
    @Suite struct GroupCommitQueueTests {
        private typealias Queue = GroupCommitQueue<Int, Int>

        /// Items are their own sizes in bytes.
        private func withQueue(
            batchItems: Int = 100, batchBytes: Int = 1_000, waitingItems: Int = 100, waitingBytes: Int = 1_000,
            _ body: (inout Queue, (Int) -> Queue.Entry) -> Void
        ) async throws {
            var queue = Queue(
                limits: GroupCommit.Limits(
                    batchItems: batchItems, batchBytes: batchBytes, concurrency: 1, waitingItems: waitingItems,
                    waitingBytes: waitingBytes))
            // The queue only carries continuations; one stands for all.
            _ = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int, any Error>) in
                body(&queue) { Queue.Entry(item: $0, bytes: $0, deadline: .now, continuation: continuation) }
                continuation.resume(returning: 0)
            }
        }

        @Test func refusesTheItemOverTheBound() async throws {
            try await withQueue(waitingItems: 3) { queue, entry in
                for item in 1...3 { #expect(queue.add(entry(item)) == nil) }
                #expect(queue.add(entry(4))?.code == .overloaded)
                #expect(queue.count == 3)
                _ = queue.takeBatch()
                #expect(queue.add(entry(4)) == nil)
            }
        }

        @Test func refusesTheByteOverTheBound() async throws {
            try await withQueue(waitingBytes: 10) { queue, entry in
                #expect(queue.add(entry(4)) == nil)
                #expect(queue.add(entry(6)) == nil)
                #expect(queue.add(entry(1))?.code == .overloaded)
                #expect(queue.takeBatch().map(\.item) == [4, 6])
                #expect(queue.add(entry(10)) == nil)
            }
        }

        @Test func anItemLargerThanTheBoundPassesAlone() async throws {
            try await withQueue(batchBytes: 5, waitingBytes: 10) { queue, entry in
                #expect(queue.add(entry(11)) == nil)
                #expect(queue.add(entry(1))?.code == .overloaded)
                #expect(queue.takeBatch().map(\.item) == [11])
                #expect(queue.isEmpty)
            }
        }

        @Test func batchesEndAtTheirLimits() async throws {
            try await withQueue(batchItems: 3, batchBytes: 10) { queue, entry in
                for item in [1, 1, 1, 1, 5, 4, 6, 5, 20, 1] { #expect(queue.add(entry(item)) == nil) }
                let batches = (0..<7).map { _ in queue.takeBatch().map(\.item) }
                #expect(batches == [[1, 1, 1], [1, 5, 4], [6], [5], [20], [1], []])
            }
        }

        @Test func aClosedQueueKeepsWhatItHas() async throws {
            try await withQueue { queue, entry in
                #expect(queue.add(entry(1)) == nil)
                queue.isClosed = true
                #expect(queue.add(entry(2))?.code == .closed)
                #expect(queue.takeBatch().map(\.item) == [1])
            }
        }

        @Test func manyRoundsKeepOrderAndCount() async throws {
            try await withQueue(batchItems: 7, waitingItems: 1_000_000, waitingBytes: .max) { queue, entry in
                var taken: [Int] = []
                for item in 1...5_000 {
                    #expect(queue.add(entry(item)) == nil)
                    if item % 10 == 0 { taken += queue.takeBatch().map(\.item) }
                }
                #expect(queue.count == 5_000 - taken.count)
                while !queue.isEmpty { taken += queue.takeBatch().map(\.item) }
                #expect(taken == Array(1...5_000))
            }
        }
    }
}
