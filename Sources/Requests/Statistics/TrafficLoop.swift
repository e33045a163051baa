package import Logging
import Model
package import Postgres
import SQL
import ServiceLifecycle

/// Records traffic now and then. What can't be recorded waits for the next round.
package struct TrafficLoop: Service {
    package static let statements = [SQL["statistics.record_traffic"]]

    /// Rows of one statement.
    private static let batch = 1_000

    private let traffic: Traffic
    private let client: Client
    private let interval: Duration
    private let logger: Logger

    /// - Parameters:
    ///   - client: has prepared `statements`; acts for all tenants.
    ///   - interval: a crash loses as much.
    package init(_ traffic: Traffic, _ client: Client, every interval: Duration = .seconds(10), logger: Logger) {
        self.traffic = traffic
        self.client = client
        self.interval = interval
        self.logger = logger
    }

    /// Ends after a graceful shutdown; what has come by then is recorded, so whoever counts must have stopped before.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: interval)
                // In a task of its own, which a shutdown does not cancel.
                await Task { await record() }.value
            }
        }
    }

    func record() async {
        let uncounted = traffic.takeUncounted()
        if uncounted > 0 { logger.warning("traffic not counted: too much waits", metadata: ["events": "\(uncounted)"]) }
        defer { traffic.forgetRecorded() }
        var left = traffic.unrecorded()[...]
        do {
            while !left.isEmpty {
                let batch = Array(left.prefix(Self.batch))
                _ = try await client.execute(SQL["statistics.record_traffic"], Parameters(batch, of: traffic.process))
                traffic.recorded(batch)
                left = left.dropFirst(batch.count)
            }
        } catch {
            logger.warning("traffic not recorded, trying again", metadata: ["error": "\(error)"])
        }
    }
}

extension Parameters {
    fileprivate init(_ traffic: [(place: Traffic.Place, counts: Traffic.Counts)], of process: WorkerID) {
        let (places, counts) = (traffic.map(\.place), traffic.map(\.counts))
        self.init(
            process.uuid, places.map(\.shard), places.map(\.tenant?.uuid), places.map(\.minute), counts.map(\.accepted),
            counts.map(\.delivered), counts.map(\.retried), counts.map(\.dead), counts.map(\.other))
    }
}
