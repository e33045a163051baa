import Model
import Postgres
import Synchronization
import Tenants

/// Who listens for changes of flags. One loop looks for changes for all of them.
final class FlagStreams: Sendable {
    /// What comes closer together is told once.
    static let interval = Duration.milliseconds(250)
    /// Proxies and clients end streams on which nothing comes.
    static let heartbeat = Duration.seconds(20)
    /// Streams of a process: about half of the 4,096 connections that there may be, so that requests have the others.
    static let limit = 2_000

    /// One stream's end of the wire.
    struct Listener: Sendable {
        /// Versions of its flags: the same again is a sign of life.
        let versions: AsyncStream<Int64>
        /// The last that the client has seen; nil: it doesn't say.
        let last: Int64?
        /// Of the present.
        let version: Int64
    }

    private struct Entry {
        let caller: Caller
        var version: Int64
        var beatAt: ContinuousClock.Instant
        let wire: AsyncStream<Int64>.Continuation
    }

    private struct State {
        var entries: [Int: Entry] = [:]
        var nextID = 0
        var hasEnded = false
    }

    private let snapshot: @Sendable () -> TenantSnapshot
    /// Up to which each stream waits before it tells, so that clients don't all come back at once.
    let jitter: Duration
    private let limit: Int
    private let state = Mutex(State())

    init(jitter: Duration, limit: Int = FlagStreams.limit, snapshot: @escaping @Sendable () -> TenantSnapshot) {
        self.limit = limit
        self.jitter = jitter
        self.snapshot = snapshot
    }

    /// nil where there are as many as may be, or the process stops.
    func open(_ caller: Caller, last: Int64?) -> Listener? {
        let version = snapshot().flags(caller.environment)?.version ?? 0
        let (versions, wire) = AsyncStream.makeStream(of: Int64.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state -> Int? in
            guard !state.hasEnded, state.entries.count < limit else { return nil }
            state.nextID += 1
            state.entries[state.nextID] = Entry(
                caller: caller, version: version, beatAt: .now + Self.heartbeat, wire: wire)
            return state.nextID
        }
        guard let id else { return nil }
        wire.onTermination = { [weak self] _ in self?.state.withLock { $0.entries[id] = nil } }
        return Listener(versions: versions, last: last, version: version)
    }

    /// Until it is cancelled.
    func run() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            look(now: .now)
        }
    }

    func look(now: ContinuousClock.Instant) {
        let (snapshot, time) = (snapshot(), Timestamp.now)
        var ended: [AsyncStream<Int64>.Continuation] = []
        state.withLock { state in
            for (id, entry) in state.entries {
                let caller = entry.caller
                guard snapshot.caller(caller.key, now: time)?.tenant.state == .active else {
                    ended.append(entry.wire)
                    continue
                }
                let version = snapshot.flags(caller.environment)?.version ?? 0
                guard version != entry.version || entry.beatAt <= now else { continue }
                state.entries[id]?.version = version
                state.entries[id]?.beatAt = now + Self.heartbeat
                entry.wire.yield(version)
            }
        }
        // What ends a stream takes the lock.
        for wire in ended { wire.finish() }
    }

    /// Ends all of them: the process stops, and clients turn to another.
    func end() {
        let wires = state.withLock { state in
            state.hasEnded = true
            return state.entries.values.map(\.wire)
        }
        for wire in wires { wire.finish() }
    }
}
