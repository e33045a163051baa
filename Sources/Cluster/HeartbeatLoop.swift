package import Logging
import Model
package import Postgres
import SQL
import ServiceLifecycle

/// Makes a process known to the cluster, and ends it when the schema no longer serves its program.
package final class HeartbeatLoop: Service {
    package static let statements = [SQL["processes.beat"], SQL["processes.leave"]]

    /// How long a program goes on that a schema has left behind while it could not be seen. Twelve beats may be missed
    /// before the process counts as gone.
    static let interval = Duration.seconds(5)

    /// Many times what a statement takes, and little of what supervisors leave between a signal and a kill.
    private static let leaving = Duration.seconds(2)

    private let store: ClusterStore
    private let process: ClusterProcess
    private let interval: Duration
    private let logger: Logger
    private let bell = Bell()

    /// - Parameter store: its client has prepared `statements`, and best nothing else: what another statement lacks must
    ///   not keep an older program from learning that it has to end.
    package init(
        _ store: ClusterStore, process: ClusterProcess, interval: Duration = HeartbeatLoop.interval, logger: Logger
    ) {
        self.store = store
        self.process = process
        self.interval = interval
        self.logger = logger
    }

    /// Before anything else runs: from now on no step of the schema leaves the process behind. Throws `.migration` where
    /// one has.
    package func join() async throws {
        let oldest = try await store.beat(process)
        guard SchemaFit.serves(process.level, from: oldest) else {
            await leave()
            throw PostgresError.outgrown(process.level, servesFrom: oldest)
        }
    }

    /// After everything else has ended. Where there is no answer soon, the end is not held up: what can't be said is
    /// forgotten within a minute.
    package func leave() async {
        await withTaskGroup { [store, process] group in
            group.addTask { try? await store.leave(process.id) }
            group.addTask { try? await Task.sleep(for: Self.leaving) }
            await group.next()
            group.cancelAll()
        }
    }

    /// The database was away, or its schema has changed.
    package func beatNow() { bell.ring() }

    /// Until a graceful shutdown; throws `.migration` when the schema no longer serves the program.
    package func run() async throws {
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.bell.wait(upTo: self.interval)
                do {
                    let oldest = try await self.store.beat(self.process)
                    guard SchemaFit.serves(self.process.level, from: oldest) else {
                        throw PostgresError.outgrown(self.process.level, servesFrom: oldest)
                    }
                } catch is CancellationError {
                    return
                } catch let error as PostgresError where error.code == .migration {
                    self.logger.error("the process ends", metadata: ["error": "\(error)"])
                    throw error
                } catch {
                    self.logger.warning("the process could not say that it runs", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
