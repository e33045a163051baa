package import Logging
import Postgres
import ServiceLifecycle
import Synchronization

/// Keeps a process's snapshot fresh: at once when told of a change, and by looking for changes in any case.
package final class SnapshotLoop: Service {
    /// How stale a snapshot may be when a notification was lost. Half of what is promised, so that a slow answer of the
    /// database does not break the promise.
    static let pollInterval = Duration.seconds(5)

    private let store: TenantStore
    private let logger: Logger
    private let snapshot = Mutex(TenantSnapshot())
    private let bell = Bell()

    package init(_ store: TenantStore, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    package var current: TenantSnapshot { snapshot.withLock { $0 } }

    /// Tells the loop that the configuration may have changed.
    package func invalidate() { bell.ring() }

    /// Brings the snapshot up to date.
    package func load() async throws {
        while true {
            let old = current
            let fresh = try await store.refreshed(old)
            let isPlaced = snapshot.withLock { snapshot in
                // Another load was faster: what it found may be newer.
                guard snapshot === old else { return false }
                snapshot = fresh
                return true
            }
            guard isPlaced else { continue }
            if let first = fresh.faults.first, fresh.faults != old.faults {
                logger.warning(
                    "destinations whose secrets can't be read get nothing",
                    metadata: ["destinations": "\(fresh.faults.count)", "first": "\(first.value)"])
            }
            return
        }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await self.load()
                } catch {
                    self.logger.warning("configuration not refreshed", metadata: ["error": "\(error)"])
                }
                await self.bell.wait(upTo: Self.pollInterval)
            }
        }
    }
}
