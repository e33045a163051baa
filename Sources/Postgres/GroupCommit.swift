import ServiceLifecycle
import Synchronization

/// Turns many small writes into few commits. It is self-clocked: while one batch commits, the next one gathers; there
/// is no timer, so a lone item is committed at once and a crowd shares its commits.
///
/// `commit` gets the items of a batch and the time up to which it may take, and returns one output for each item, in
/// order. When it throws a retryable error it is called again with the same items until their deadlines have passed.
/// It must therefore be idempotent. When it throws a data error, the batch is halved until the item at fault stands
/// alone, so that one bad item fails no other.
package final class GroupCommit<Item: Sendable, Output: Sendable>: Service {
    package struct Limits: Sendable {
        package var batchItems: Int
        package var batchBytes: Int
        /// Batches that commit at the same time.
        package var concurrency: Int
        /// At this many items, or bytes, waiting, `submit` throws `.overloaded`.
        package var waitingItems: Int
        package var waitingBytes: Int

        package init(batchItems: Int, batchBytes: Int, concurrency: Int, waitingItems: Int, waitingBytes: Int) {
            self.batchItems = batchItems
            self.batchBytes = batchBytes
            self.concurrency = concurrency
            self.waitingItems = waitingItems
            self.waitingBytes = waitingBytes
        }
    }

    typealias Entry = GroupCommitQueue<Item, Output>.Entry

    private struct State {
        var queue: GroupCommitQueue<Item, Output>
        /// Committers that wait for items.
        var idle: [CheckedContinuation<Void, Never>] = []
    }

    private let limits: Limits
    private let state: Mutex<State>
    private let commit: @Sendable ([Item], _ within: Duration) async throws -> [Output]

    package init(
        limits: Limits, commit: @escaping @Sendable ([Item], _ within: Duration) async throws -> [Output]
    ) {
        self.limits = limits
        self.commit = commit
        state = Mutex(State(queue: GroupCommitQueue(limits: limits)))
    }

    /// Items that no commit has taken yet.
    package var waitingItems: Int { state.withLock { $0.queue.count } }

    /// Waits until the item is committed, at the longest until the deadline. An item whose outcome was unknown when
    /// the deadline came fails with `.connectionLost`, one that was never sent with `.unavailable`.
    package func submit(_ item: Item, bytes: Int, within deadline: Duration) async throws -> Output {
        try await withCheckedThrowingContinuation { continuation in
            submit(item, bytes: bytes, within: deadline) { continuation.resume(with: $0) }
        }
    }

    /// Calls `whenDone` with what the other `submit` would return or throw, on any thread; it must not block.
    package func submit(
        _ item: Item, bytes: Int, within deadline: Duration,
        whenDone: @escaping @Sendable (Result<Output, any Error>) -> Void
    ) {
        let entry = Entry(item: item, bytes: bytes, deadline: .now + deadline, resume: whenDone)
        let (refusal, committer) = state.withLock { state in
            let refusal = state.queue.add(entry)
            return (refusal, refusal == nil ? state.idle.popLast() : nil)
        }
        if let refusal { whenDone(.failure(refusal)) }
        committer?.resume()
    }

    /// Submits many in their order; each has an outcome of its own, as from `submit`.
    package func submitAll(
        _ items: [(item: Item, bytes: Int)], within deadline: Duration
    ) async -> [Result<Output, any Error>] {
        guard !items.isEmpty else { return [] }
        return await withCheckedContinuation { continuation in
            let outcomes = GroupCommitOutcomes(count: items.count, continuation)
            let end = ContinuousClock.now + deadline
            let entries = items.enumerated().map { place, item in
                Entry(item: item.item, bytes: item.bytes, deadline: end) { outcomes.set(place, $0) }
            }
            let (refused, committers) = state.withLock { state in
                let refused = entries.compactMap { entry in state.queue.add(entry).map { (entry, $0) } }
                let needed = min(state.idle.count, entries.count / limits.batchItems + 1)
                defer { state.idle.removeLast(needed) }
                return (refused, state.idle.suffix(needed))
            }
            for (entry, refusal) in refused { entry.resume(.failure(refusal)) }
            for committer in committers { committer.resume() }
        }
    }

    /// Commits until a graceful shutdown, then what is left, then returns.
    package func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for _ in 0..<limits.concurrency { group.addTask { await self.commitBatches() } }
            }
        } onCancelOrGracefulShutdown: {
            self.close()
        }
    }

    /// Refuses new items; `run` returns when those that wait have been committed.
    package func close() {
        let idle = state.withLock { state in
            state.queue.isClosed = true
            defer { state.idle = [] }
            return state.idle
        }
        for committer in idle { committer.resume() }
    }

    private func commitBatches() async {
        while true {
            let (batch, isClosed) = state.withLock { ($0.queue.takeBatch(), $0.queue.isClosed) }
            if !batch.isEmpty {
                await commit(batch)
            } else if isClosed {
                return
            } else {
                await waitForItems()
            }
        }
    }

    private func waitForItems() async {
        await withCheckedContinuation { continuation in
            let mustGoOn = state.withLock { state in
                guard state.queue.isEmpty, !state.queue.isClosed else { return true }
                state.idle.append(continuation)
                return false
            }
            if mustGoOn { continuation.resume() }
        }
    }

    private func commit(_ batch: [Entry]) async {
        var rest = batch
        var lastError: any Error = PostgresError(.unavailable, "the deadline passed before the commit")
        while true {
            rest = expire(rest, with: lastError)
            guard let deadline = rest.map(\.deadline).min() else { return }
            do {
                let outputs = try await commit(rest.map(\.item), deadline - .now)
                guard outputs.count == rest.count else {
                    return fail(rest, PostgresError(.mismatch, "\(outputs.count) outputs for \(rest.count) items"))
                }
                for (entry, output) in zip(rest, outputs) { entry.resume(.success(output)) }
                return
            } catch let error as PostgresError where error.isRetryable || error.code == .unavailable {
                // An unknown outcome is worse news than an unavailable server, and stays true until it is known.
                if (lastError as? PostgresError)?.outcomeUnknown != true { lastError = error }
                // A server that refuses at once, as one that is read-only does, is not asked again at once.
                try? await Task.sleep(for: .milliseconds(20))
            } catch let error as PostgresError where error.isDataError && rest.count > 1 {
                await commit(Array(rest[..<(rest.count / 2)]))
                return await commit(Array(rest[(rest.count / 2)...]))
            } catch {
                return fail(rest, error)
            }
        }
    }

    private func fail(_ entries: [Entry], _ error: any Error) {
        for entry in entries { entry.resume(.failure(error)) }
    }

    private func expire(_ entries: [Entry], with error: any Error) -> [Entry] {
        let now = ContinuousClock.now
        fail(entries.filter { $0.deadline <= now }, error)
        return entries.filter { $0.deadline > now }
    }
}

extension GroupCommitQueue.Entry {
    init(
        item: Item, bytes: Int, deadline: ContinuousClock.Instant, continuation: CheckedContinuation<Output, any Error>
    ) {
        self.init(item: item, bytes: bytes, deadline: deadline) { continuation.resume(with: $0) }
    }
}

/// Gathers the outcomes of items that were submitted together.
private final class GroupCommitOutcomes<Output: Sendable>: Sendable {
    private typealias Outcome = Result<Output, any Error>

    private let outcomes: Mutex<(known: [Outcome?], missing: Int)>
    private let continuation: CheckedContinuation<[Result<Output, any Error>], Never>

    init(count: Int, _ continuation: CheckedContinuation<[Result<Output, any Error>], Never>) {
        outcomes = Mutex(([Outcome?](repeating: nil, count: count), count))
        self.continuation = continuation
    }

    func set(_ place: Int, _ outcome: Result<Output, any Error>) {
        let all = outcomes.withLock { outcomes in
            outcomes.known[place] = outcome
            outcomes.missing -= 1
            return outcomes.missing == 0 ? outcomes.known.compactMap { $0 } : nil
        }
        if let all { continuation.resume(returning: all) }
    }
}

/// The bounded queue in front of a group commit, as a pure value.
struct GroupCommitQueue<Item: Sendable, Output: Sendable> {
    struct Entry: Sendable {
        let item: Item
        let bytes: Int
        let deadline: ContinuousClock.Instant
        /// Must be called once, outside locks.
        let resume: @Sendable (Result<Output, any Error>) -> Void
    }

    let limits: GroupCommit<Item, Output>.Limits
    var isClosed = false
    private var entries: [Entry] = []
    private var bytes = 0

    init(limits: GroupCommit<Item, Output>.Limits) { self.limits = limits }

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }

    /// nil where the entry was taken.
    mutating func add(_ entry: Entry) -> PostgresError? {
        guard !isClosed else { return PostgresError(.closed, "shutting down") }
        guard count < limits.waitingItems, isEmpty || bytes + entry.bytes <= limits.waitingBytes else {
            return PostgresError(.overloaded, "too many writes wait for the database")
        }
        entries.append(entry)
        bytes += entry.bytes
        return nil
    }

    /// The oldest entries, up to the limits of a batch, at least one where there is one.
    mutating func takeBatch() -> [Entry] {
        var end = 0
        var size = 0
        while end < entries.count, end < limits.batchItems, end == 0 || size + entries[end].bytes <= limits.batchBytes {
            size += entries[end].bytes
            end += 1
        }
        let batch = Array(entries[..<end])
        entries.removeFirst(end)
        bytes -= size
        return batch
    }
}
