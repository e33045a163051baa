package import Logging
package import Model
package import Postgres
import SQL
import ServiceLifecycle
import Synchronization

/// Arms lanes after the commits that may have made them runnable. The lanes that come in while one statement is under
/// way go out with the next; while all lanes are found armed already, it waits a little in between, for then a worker is
/// at them. What it can't say for lack of a connection it says later; what a crash swallows is found by reconciliation.
package final class ArmLoop: Service {
    /// What a lane that falls idle at the wrong moment waits for; it saves most of the statements of a busy gateway.
    static let pause = Duration.milliseconds(2)
    /// A database that refused is not asked again at once; a poll finds what this delays.
    static let retryPause = Duration.milliseconds(200)

    private enum Result { case armed, wereArmed, failed }

    package static let statements = [SQL["deliveries.arm"]]
    /// Where transactions in which work was made by SQL ask for their lanes to be armed.
    package static let channel = "sluice_arm"

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

    /// - Parameter payload: of a notification on `channel`: `shard:lane`, with commas.
    package func hear(_ payload: String) {
        arm(payload.split(separator: ",").compactMap { LaneID(notified: $0) })
    }

    /// Ends after a graceful shutdown, when nothing is left to say or the database does not answer.
    package func run() async throws {
        await withTaskExecutorPreference(client.executor) { await armUntilShutdown() }
    }

    private func armUntilShutdown() async {
        await withGracefulShutdownHandler {
            while true {
                let isLast = Task.isShuttingDownGracefully
                let result = await self.armAll()
                if isLast || Task.isCancelled { return }
                switch result {
                case .wereArmed: try? await Task.sleep(for: Self.pause)
                case .failed: try? await Task.sleep(for: Self.retryPause)
                case .armed: break
                }
                await self.bell.wait(upTo: .seconds(60))
            }
        } onGracefulShutdown: {
            self.bell.ring()
        }
    }

    /// Lanes that could not be armed are kept.
    private func armAll() async -> Result {
        let batch = lanes.withLock { lanes in
            defer { lanes = [] }
            return lanes
        }
        guard !batch.isEmpty else { return .armed }
        do {
            let parameters = Parameters(batch.map(\.shard), batch.map(\.number))
            let announced: Int32 = try await client.execute(SQL["deliveries.arm"], parameters).first?.decode(0) ?? 0
            return announced > 0 ? .armed : .wereArmed
        } catch {
            logger.warning("lanes not armed", metadata: ["error": "\(error)"])
            lanes.withLock { $0.formUnion(batch) }
            bell.ring()
            return .failed
        }
    }
}

extension LaneID {
    fileprivate init?(notified text: Substring) {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let shard = Int16(parts[0]), let number = Int64(parts[1]) else { return nil }
        self.init(shard: shard, number: number)
    }
}
