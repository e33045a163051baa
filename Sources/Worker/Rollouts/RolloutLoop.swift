import CoreMetrics
import Logging
import Model
import ServiceLifecycle
import Telemetry
import Tenants

/// Records what outcomes say of rollouts, and judges those that are due. Every worker does: who comes first judges.
struct RolloutLoop: Service {
    /// A regression is told this much later at most, and a crash loses so much; scattered, so that workers take turns.
    static let interval = Duration.seconds(2)
    /// Units of one statement.
    private static let batch = 2_000

    private let node: Node
    private let counts: RolloutCounts
    private let store: RolloutStore
    private let logger: Logger

    init(node: Node, counts: RolloutCounts, store: RolloutStore, logger: Logger) {
        self.node = node
        self.counts = counts
        self.store = store
        self.logger = logger
    }

    /// Ends after a graceful shutdown; what has come by then is recorded.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            // Statements go in tasks of their own, which a shutdown does not cancel.
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval * .random(in: 0.8..<1.2))
                await Task {
                    await record()
                    await checkDue()
                }.value
            }
            await Task { await record() }.value
        }
    }

    /// What can't be recorded is dropped: without outcomes no step ends.
    private func record() async {
        while true {
            let batch = counts.take(Self.batch)
            if batch.isEmpty { return }
            do {
                try await store.note(batch)
            } catch {
                logger.warning("outcomes of rollouts not recorded", metadata: ["error": "\(error)"])
                return
            }
        }
    }

    private func checkDue() async {
        do {
            while let check = try await store.checkNext(node) {
                guard let done = check.done else { continue }
                Counter(.rolloutChanges, done).increment()
                logger.notice(
                    "rollout \(done)",
                    metadata: [
                        "flag": "\(check.key)", "environment": "\(check.environment)", "tenant": "\(check.tenant)",
                        "rollout": "\(check.rollout)",
                    ])
            }
        } catch {
            logger.warning("rollouts not judged, trying again", metadata: ["error": "\(error)"])
        }
    }
}
