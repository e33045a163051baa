package import Logging
package import Model
package import Postgres
import ServiceLifecycle
import SQL
import Synchronization

/// Arms lanes after the commits that may have made them runnable. Self-clocked: the lanes that come in while one
/// statement is under way go out with the next. What it can't say for lack of a connection it says later; what a crash
/// swallows is found by reconciliation.
package final class ArmLoop: Service {
    package static let statements = [SQL["deliveries.arm"]]

    private let client: Client
    private let logger: Logger
    private let lanes = Mutex<Set<LaneID>>([])
    private let bell = Bell()

    /// The client must have prepared `statements`.
    package init(_ client: Client, logger: Logger) {
        self.client = client
        self.logger = logger
    }

    package func arm(_ lane: LaneID) {
        let isFirst = lanes.withLock { $0.insert(lane).inserted && $0.count == 1 }
        if isFirst { bell.ring() }
    }

    package func arm(_ more: some Sequence<LaneID>) {
        lanes.withLock { $0.formUnion(more) }
        bell.ring()
    }

    /// Ends after a graceful shutdown, when nothing is left to say or the database does not answer.
    package func run() async throws {
        await withGracefulShutdownHandler {
            while true {
                let isLast = Task.isShuttingDownGracefully
                let worked = await self.armAll()
                if isLast || Task.isCancelled { return }
                await self.bell.wait(upTo: worked ? .seconds(60) : .milliseconds(200))
            }
        } onGracefulShutdown: {
            self.bell.ring()
        }
    }

    /// False where the lanes could not be armed; they are kept.
    private func armAll() async -> Bool {
        let batch = lanes.withLock { lanes in
            defer { lanes = [] }
            return lanes
        }
        guard !batch.isEmpty else { return true }
        do {
            _ = try await client.execute(SQL["deliveries.arm"], Parameters(batch.map(\.shard), batch.map(\.number)))
            return true
        } catch {
            logger.warning("lanes not armed", metadata: ["error": "\(error)"])
            lanes.withLock { $0.formUnion(batch) }
            return false
        }
    }
}
