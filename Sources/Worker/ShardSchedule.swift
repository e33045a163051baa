/// Which shard to claim from next; a pure value. Shards with work take turns. One that yields nothing, not even a lane
/// that has run out of work, may be locked by another worker: it is tried again after a pause, a few times.
struct ShardSchedule {
    static let pause = Duration.milliseconds(5)
    static let maximumMisses = 4

    private var queue: [(shard: Int16, notBefore: ContinuousClock.Instant, misses: Int)] = []

    /// The shards have, or may have, runnable lanes.
    mutating func mark(_ shards: some Sequence<Int16>, now: ContinuousClock.Instant) {
        for shard in shards {
            if let index = queue.firstIndex(where: { $0.shard == shard }) {
                queue[index].notBefore = now
                queue[index].misses = 0
            } else {
                queue.append((shard, now, 0))
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

    /// What the claim of a shard yielded; moves the shard behind the others, or out.
    mutating func claimed(_ shard: Int16, deliveries: Int, now: ContinuousClock.Instant) {
        guard let index = queue.firstIndex(where: { $0.shard == shard }) else { return }
        var entry = queue.remove(at: index)
        if deliveries > 0 {
            entry.misses = 0
        } else {
            entry.misses += 1
            entry.notBefore = now + Self.pause * entry.misses
        }
        if entry.misses < Self.maximumMisses { queue.append(entry) }
    }
}
