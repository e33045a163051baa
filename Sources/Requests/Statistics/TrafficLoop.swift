package import Logging
package import Postgres
import SQL
package import ServiceLifecycle

/// Records traffic now and then. What can't be recorded waits for the next round.
package struct TrafficLoop: Service {
    package static let statements = [SQL["statistics.record_traffic"]]

    private let traffic: Traffic
    private let client: Client
    private let interval: Duration
    private let logger: Logger

    /// - Parameters:
    ///   - client: has prepared `statements`; acts as `sluice_worker`.
    ///   - interval: a crash loses as much.
    package init(_ traffic: Traffic, _ client: Client, every interval: Duration = .seconds(10), logger: Logger) {
        self.traffic = traffic
        self.client = client
        self.interval = interval
        self.logger = logger
    }

    package func run() async throws {}
}
