package import Logging
import Postgres
import ServiceLifecycle
import Synchronization

/// Keeps a process's snapshot fresh: at once when told of a change, and by comparing versions in any case.
package final class SnapshotLoop: Service {
    /// How stale a snapshot may be when a notification was lost.
    static let pollInterval = Duration.seconds(10)

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

    /// Reads the configuration now, also where its version went back, as after a failover to an older copy.
    package func load() async throws {
        let fresh = try await store.snapshot()
        snapshot.withLock { $0 = fresh }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    if try await self.store.version() != self.current.version { try await self.load() }
                } catch {
                    self.logger.warning("configuration not refreshed", metadata: ["error": "\(error)"])
                }
                await self.bell.wait(upTo: Self.pollInterval)
            }
        }
    }
}
