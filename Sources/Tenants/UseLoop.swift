package import Logging
import Model
import Postgres
import SQL

/// Records uses now and then. What can't be recorded is dropped: the next round says more.
package struct UseLoop: Sendable {
    private static let batch = 1_000

    private let what: String
    private let interval: Duration
    private let logger: Logger
    /// Records so many at most; false: there was nothing to record.
    private let record: @Sendable (_ limit: Int) async throws -> Bool

    /// - Parameter interval: a crash loses as much of when keys were last used.
    package static func keys(
        _ uses: KeyUses, _ store: TenantStore, every interval: Duration = .seconds(10), logger: Logger
    ) -> UseLoop {
        UseLoop(what: "keys", interval: interval, logger: logger) { limit in
            let batch = uses.take(limit, now: .now)
            if !batch.isEmpty { try await store.noteUses(batch) }
            return !batch.isEmpty
        }
    }

    /// - Parameters:
    ///   - store: for all tenants.
    ///   - interval: a crash loses as much; counts are by the day, so they need not be written more often.
    package static func flags(
        _ uses: FlagUses, _ store: TenantStore, every interval: Duration = .seconds(60), logger: Logger
    ) -> UseLoop {
        UseLoop(what: "flags", interval: interval, logger: logger) { limit in
            let batch = uses.take(limit)
            if !batch.isEmpty { try await store.noteUses(batch) }
            return !batch.isEmpty
        }
    }

    /// Until it is cancelled; what has come by then is recorded.
    package func run() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: interval)
            await Task { await recordAll() }.value
        }
    }

    private func recordAll() async {
        do {
            while try await record(Self.batch) {}
        } catch {
            logger.warning("uses of \(what) not recorded", metadata: ["error": "\(error)"])
        }
    }
}

extension TenantStore {
    fileprivate func noteUses(_ uses: [(place: FlagUses.Place, count: FlagUses.Count)]) async throws {
        let places = uses.map(\.place)
        _ = try await client.execute(
            SQL["flags.note_uses"],
            Parameters(
                places.map(\.environment.shard), places.map(\.environment.tenant.uuid), places.map(\.environment.name),
                places.map(\.key), places.map(\.day), places.map(\.variant), uses.map(\.count.count),
                uses.map(\.count.last)))
    }
}
