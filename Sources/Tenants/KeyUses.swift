import Model
package import Postgres
import Synchronization

/// Which keys were used, at most once a minute each, until it is recorded.
package final class KeyUses: Sendable {
    struct Use: Sendable {
        let shard: Int16
        let tenant: TenantID
        let key: KeyID
        let at: Timestamp
    }

    static let interval = Duration.seconds(60)

    private struct State {
        /// When each key was last noted; forgotten after the interval.
        var noted: [KeyID: Timestamp] = [:]
        var pending: [Use] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Of each request: a look into a dictionary.
    package func note(_ caller: Caller, at now: Timestamp) {
        state.withLock { state in
            if let last = state.noted[caller.key], now < last + Self.interval { return }
            state.noted[caller.key] = now
            state.pending.append(Use(shard: caller.shard, tenant: caller.tenant, key: caller.key, at: now))
        }
    }

    /// What is to be recorded, at most so many.
    func take(_ limit: Int, now: Timestamp) -> [Use] {
        state.withLock { state in
            let taken = Array(state.pending.prefix(limit))
            state.pending.removeFirst(taken.count)
            if state.pending.isEmpty { state.noted = state.noted.filter { now < $0.value + Self.interval } }
            return taken
        }
    }
}
