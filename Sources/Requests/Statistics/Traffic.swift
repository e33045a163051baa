package import Model
import Postgres
import Synchronization

/// What one process stored and how its attempts ended, by tenant and minute, until it is recorded. Safe to use from any
/// thread.
package final class Traffic: Sendable {
    struct Place: Hashable {
        let shard: Int16
        let tenant: TenantID
        /// From 1970 on.
        let minute: Int64
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

    /// Tenants and minutes that are kept while they can't be recorded, about 10 MB: of 100 tenants that are busy all the
    /// time, more than eight hours. What is new beyond them is not counted.
    static let limit = 50_000
    /// How long a minute's counts are kept after it: a clock that is set back a little finds them.
    private static let minutesKept: Int64 = 2

    /// Leads the rows of this process, so that no other updates them.
    let process = WorkerID.new()

    private let clock: @Sendable () -> Timestamp
    private let limit: Int
    private let entries = Mutex([Place: Entry]())

    package convenience init() { self.init(limit: Self.limit) { .now } }

    init(limit: Int, clock: @escaping @Sendable () -> Timestamp) {
        self.limit = limit
        self.clock = clock
    }

    /// Requests whose commit is acknowledged.
    package func accepted(_ count: Int, of tenant: TenantID, shard: Int16) {
        add(tenant, shard) { $0.accepted += Int64(count) }
    }

    /// An attempt whose outcome is recorded and counted.
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
        let place = Place(shard: shard, tenant: tenant, minute: clock().minute)
        entries.withLock { entries in
            guard entries.count < limit || entries[place] != nil else { return }
            change(&entries[place, default: Entry()].counts)
        }
    }
}

extension Timestamp {
    /// Whole minutes from 1970 on.
    fileprivate var minute: Int64 { microseconds / 60_000_000 }
}
