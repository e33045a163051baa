import FoundationEssentials
package import Logging
import Postgres
import SQL

/// Records uses of flags now and then. What can't be recorded is dropped: it is a count, and the next minute says more.
package struct FlagUseLoop: Sendable {
    package static let interval = Duration.seconds(60)
    private static let batch = 1_000

    private let uses: FlagUses
    private let store: TenantStore
    private let interval: Duration
    private let logger: Logger

    /// - Parameter store: for all tenants.
    package init(_ uses: FlagUses, _ store: TenantStore, every interval: Duration = Self.interval, logger: Logger) {
        self.uses = uses
        self.store = store
        self.interval = interval
        self.logger = logger
    }

    /// Until it is cancelled; what has come by then is recorded.
    package func run() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: interval)
            await Task { await record() }.value
        }
    }

    private func record() async {
        while true {
            let batch = uses.take(Self.batch)
            if batch.isEmpty { return }
            do {
                try await store.noteUses(batch)
            } catch {
                logger.warning("uses of flags not recorded", metadata: ["error": "\(error)"])
                return
            }
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
