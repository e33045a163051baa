package import Model
import Postgres
import Synchronization

/// What one process stored and how its attempts ended, by minute, for each tenant and for all of them, until it is
/// recorded. Safe to use from any thread.
package final class Traffic: Sendable {
    struct Place: Hashable {
        let shard: Int16
        /// nil: all of them, on all shards; the shard is 0 then.
        let tenant: TenantID?
        /// Its first moment.
        let minute: Timestamp
    }

    struct Counts: Equatable {
        var accepted: Int64 = 0
        var delivered: Int64 = 0
        var retried: Int64 = 0
        var dead: Int64 = 0
        var other: Int64 = 0
    }

    private struct Entry {
        var counts = Counts()
        /// What the database has.
        var recorded = Counts()
    }

    private struct State {
        var entries: [Place: Entry] = [:]
        var uncounted = 0

        /// The sums over all tenants are few, and counted in any case.
        mutating func add(_ place: Place, _ limit: Int, _ change: (inout Counts) -> Void) {
            if place.tenant == nil || entries.count < limit || entries[place] != nil {
                change(&entries[place, default: Entry()].counts)
            } else {
                uncounted += 1
            }
        }
    }

    /// Tenants and minutes that are kept while they can't be recorded, about 10 MB: eight hours of 100 busy tenants. What
    /// would need another is not counted.
    static let limit = 50_000
    /// A clock that is set back a little still finds the minute that it is in.
    private static let kept = Duration.seconds(120)

    /// Its rows are of no other process, nor of an earlier run.
    let process = WorkerID.new()

    private let limit: Int
    private let clock: @Sendable () -> Timestamp
    private let state = Mutex(State())

    package convenience init() { self.init(limit: Self.limit) { .now } }

    init(limit: Int, clock: @escaping @Sendable () -> Timestamp) {
        self.limit = limit
        self.clock = clock
    }

    /// Requests whose commit is acknowledged.
    package func accepted(_ count: Int, of tenant: TenantID, shard: Int16) {
        add(tenant, shard) { $0.accepted += Int64(count) }
    }

    /// An attempt whose outcome is recorded, and counted.
    package func attempted(_ verdict: Verdict, of tenant: TenantID, shard: Int16) {
        switch verdict {
        case .delivered: add(tenant, shard) { $0.delivered += 1 }
        case .retry: add(tenant, shard) { $0.retried += 1 }
        case .dead: add(tenant, shard) { $0.dead += 1 }
        case .expired, .cancelled: add(tenant, shard) { $0.other += 1 }
        case .returned: break
        }
    }

    private func add(_ tenant: TenantID, _ shard: Int16, _ change: (inout Counts) -> Void) {
        let minute = clock().minute
        state.withLock { state in
            state.add(Place(shard: shard, tenant: tenant, minute: minute), limit, change)
            state.add(Place(shard: 0, tenant: nil, minute: minute), limit, change)
        }
    }

    /// What the database does not have yet: the counts of whole minutes so far.
    func unrecorded() -> [(place: Place, counts: Counts)] {
        state.withLock { state in
            state.entries.compactMap { $1.counts == $1.recorded ? nil : ($0, $1.counts) }
        }
    }

    /// The database has them.
    func recorded(_ counts: [(place: Place, counts: Counts)]) {
        state.withLock { state in
            for (place, counts) in counts { state.entries[place]?.recorded = counts }
        }
    }

    /// Past minutes that the database has. Looks at all that is kept, while whoever counts waits: once a round.
    func forgetRecorded() {
        let now = clock()
        state.withLock { state in
            state.entries = state.entries.filter {
                now < $0.key.minute + Self.kept || $0.value.counts != $0.value.recorded
            }
        }
    }

    /// How many could not be counted since the last call.
    func takeUncounted() -> Int {
        state.withLock { state in
            defer { state.uncounted = 0 }
            return state.uncounted
        }
    }
}

extension Timestamp {
    /// The first moment of its minute.
    fileprivate var minute: Timestamp { Timestamp(microseconds: microseconds - microseconds % 60_000_000) }
}
