package import Model
package import Postgres

/// A window in memory, as the replay of scenarios needs it: by time, in buckets, or by count. Holds one epoch's outcomes;
/// a new epoch empties it.
package struct CircuitWindow: Sendable {
    /// A bucket; where the window is by count, a call.
    fileprivate struct Cell {
        /// Start of the bucket.
        let start: Timestamp
        var slots: [WorkerID: CircuitCounts] = [:]
        var serverErrors: Set<RequestID> = []
        var hasSuccess = false
        /// Failures after the last success of this cell.
        var run = 0
        var notBefore: Timestamp?
    }

    private let policy: CircuitPolicy
    private var epoch: Int64
    private var cells: [Cell] = []

    package init(policy: CircuitPolicy, epoch: Int64) {
        self.policy = policy
        self.epoch = epoch
    }

    /// Outcomes of an older epoch are dropped. Times must not go back.
    package mutating func add(
        _ signal: CircuitSignal, request: RequestID, worker: WorkerID, epoch: Int64, at now: Timestamp
    ) {
        guard epoch >= self.epoch else { return }
        if epoch > self.epoch {
            cells = []
            self.epoch = epoch
        }
        switch signal.kind {
        case .ignored: return
        case .pushback where policy.windowCalls > 0: return
        default: break
        }
        expire(at: now)
        let isRepeated = cells.contains { $0.serverErrors.contains(request) }
        let start = policy.windowCalls > 0 ? now : bucketStart(now)
        if policy.windowCalls > 0 || cells.last?.start != start { cells.append(Cell(start: start)) }
        cells[cells.count - 1].add(
            signal, request: request, worker: worker, isRepeated: isRepeated && policy.distinct500, at: now)
        expire(at: now)
    }

    package mutating func sums(at now: Timestamp) -> WindowSums {
        expire(at: now)
        return cells.reduce(into: WindowSums()) { sums, cell in
            sums.slots.merge(cell.slots, uniquingKeysWith: +)
            sums.run = cell.hasSuccess ? cell.run : sums.run + cell.run
            sums.notBefore = [sums.notBefore, cell.notBefore].compactMap { $0 }.max()
        }
    }

    private func bucketStart(_ time: Timestamp) -> Timestamp {
        let width = policy.bucket.microseconds
        return Timestamp(microseconds: time.microseconds / width * width)
    }

    private mutating func expire(at now: Timestamp) {
        if policy.windowCalls > 0 {
            cells.removeFirst(max(0, cells.count - policy.windowCalls))
        } else {
            cells.removeAll { now - $0.start >= policy.window }
        }
    }
}

extension CircuitWindow.Cell {
    fileprivate mutating func add(
        _ signal: CircuitSignal, request: RequestID, worker: WorkerID, isRepeated: Bool, at now: Timestamp
    ) {
        slots[worker, default: CircuitCounts()].add(signal, isRepeated: isRepeated)
        switch signal.kind {
        case .ok:
            hasSuccess = true
            run = 0
        case .failure(let failure):
            if failure == .serverError { serverErrors.insert(request) }
            if !isRepeated, failure != .unresolved { run += 1 }
            notBefore = [notBefore, signal.retryAfter.map { now + $0 }].compactMap { $0 }.max()
        case .pushback, .ignored: break
        }
    }
}
