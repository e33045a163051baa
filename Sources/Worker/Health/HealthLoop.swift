package import Circuits
package import Logging
package import Model
package import Postgres
import ServiceLifecycle
import Synchronization

package struct HealthConfiguration: Sendable {
    /// Checks under way at the same time; what is due beyond that waits, or another process takes it. Checks are small,
    /// and a hundred hosts that hang shall not hold up the others for long.
    package var concurrency = 128
    /// The finest cadence of a check, and the delay of a due one; up to a fifth more or less.
    package var pollInterval = Duration.milliseconds(500)
    /// How long a stopping loop lets checks finish before it gives their leases back.
    package var drainTimeout = Duration.seconds(2)

    package init() {}
}

/// Runs the health checks that it can lease, and tells of destinations that rise or fall.
package final class HealthLoop: Service {
    /// When a destination was last tried by real traffic, and when that last succeeded, by the database's clock.
    package typealias Traffic =
        @Sendable (TenantID, DestinationID) async -> (last: Timestamp?, lastSuccess: Timestamp?)

    /// Is called again by the check's next run where it throws, or where the process dies meanwhile.
    package typealias OnChange = @Sendable (HealthChange) async throws -> Void

    private let worker: WorkerID
    private let node: Node
    private let configuration: HealthConfiguration
    private let store: HealthStore
    private let probe: HealthProbe
    private let runner: HealthRunner
    private let logger: Logger
    private let running = Mutex(0)
    private let bell = Bell()

    /// - Parameter probe: is shut down when the loop ends.
    package init(
        worker: WorkerID, node: Node, configuration: HealthConfiguration = .init(), store: HealthStore,
        probe: HealthProbe, traffic: @escaping Traffic, onChange: @escaping OnChange, logger: Logger
    ) {
        self.worker = worker
        self.node = node
        self.configuration = configuration
        self.store = store
        self.probe = probe
        self.logger = logger
        runner = HealthRunner(
            node: node, store: store, probe: probe, traffic: traffic, onChange: onChange, logger: logger)
    }

    package func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                await self.leaseUntilShutdown { lease in
                    group.addTask {
                        await self.runner.run(lease)
                        self.finish()
                    }
                }
                await self.drain()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.bell.ring()
        }
        try await probe.shutdown()
    }

    private func leaseUntilShutdown(_ start: (HealthLease) -> Void) async {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let room = configuration.concurrency - running.withLock { $0 }
            if room > 0 {
                for lease in await lease(room) {
                    running.withLock { $0 += 1 }
                    start(lease)
                }
            }
            await bell.wait(upTo: configuration.pollInterval * .random(in: 0.8..<1.2))
        }
    }

    private func lease(_ limit: Int) async -> [HealthLease] {
        do {
            return try await store.lease(node, worker: worker, limit: Int32(clamping: limit))
        } catch {
            // Leases that were given unseen run out.
            logger.warning("no health checks leased, trying again", metadata: ["error": "\(error)"])
            return []
        }
    }

    private func finish() {
        let left = running.withLock { running in
            running -= 1
            return running
        }
        let isLast = left == 0 && Task.isShuttingDownGracefully
        if isLast || left == configuration.concurrency - 1 { bell.ring() }
    }

    private func drain() async {
        let deadline = ContinuousClock.now + configuration.drainTimeout
        while running.withLock({ $0 }) > 0, ContinuousClock.now < deadline {
            await bell.wait(upTo: deadline - .now)
        }
    }
}
