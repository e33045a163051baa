/// Which shard to claim from next; a pure value. Shards with work take turns. One that yields nothing though its lanes can
/// run is tried again after a pause, and so is one whose claim failed, a few times. What is left out here is found again
/// by the worker's poll.
struct ShardSchedule {
    /// Another worker's claim locks lanes for a few milliseconds. The pause doubles with each miss but the last.
    static let pause = Duration.milliseconds(1)
    static let maximumMisses = 5

    private struct Entry {
        let shard: Int16
        var notBefore: ContinuousClock.Instant
        var misses = 0
        /// Told of work since its claim began, so the claim may not have seen it.
        var isMarked = true

        mutating func miss(atMost limit: Int, now: ContinuousClock.Instant) {
            misses = min(misses + 1, limit)
            notBefore = now + ShardSchedule.pause * (1 << (misses - 1))
        }
    }

    private var queue: [Entry] = []

    /// The shards have, or may have, runnable lanes.
    mutating func mark(_ shards: some Sequence<Int16>, now: ContinuousClock.Instant) {
        for shard in shards {
            if let index = queue.firstIndex(where: { $0.shard == shard }) {
                queue[index] = Entry(shard: shard, notBefore: now)
            } else {
                queue.append(Entry(shard: shard, notBefore: now))
            }
        }
    }

    /// The shard whose turn it is, or when the next turn comes.
    enum Turn: Equatable {
        case claim(Int16)
        case wait(until: ContinuousClock.Instant)
        case idle
    }

    func turn(now: ContinuousClock.Instant) -> Turn {
        if let due = queue.first(where: { $0.notBefore <= now }) { return .claim(due.shard) }
        return queue.map(\.notBefore).min().map(Turn.wait) ?? .idle
    }

    /// A shard that was told of work since its last claim began, whether or not it is its turn.
    func news(now: ContinuousClock.Instant) -> Int16? { queue.first { $0.isMarked && $0.notBefore <= now }?.shard }

    /// A claim of the shard is about to be sent.
    mutating func begin(_ shard: Int16) {
        guard let index = queue.firstIndex(where: { $0.shard == shard }) else { return }
        queue[index].isMarked = false
    }

    /// What the claim of a shard yielded.
    enum Result {
        /// Deliveries, of a lane that may have more.
        case more
        /// All that there was, if there was anything.
        case exhausted
        /// Nothing, of lanes that can run: another claim has locked them, or their tenants were left out.
        case locked
        case failed
    }

    /// Moves the shard behind the others, or out.
    mutating func claimed(_ shard: Int16, _ result: Result, now: ContinuousClock.Instant) {
        guard let index = queue.firstIndex(where: { $0.shard == shard }) else { return }
        var entry = queue.remove(at: index)
        switch result {
        case .more: entry.misses = 0
        case _ where entry.isMarked: break
        case .exhausted: return
        case .locked: entry.miss(atMost: Self.maximumMisses - 1, now: now)
        case .failed: entry.miss(atMost: Self.maximumMisses, now: now)
        }
        if entry.misses < Self.maximumMisses { queue.append(entry) }
    }
}
