import CoreMetrics
package import Logging
package import Postgres
import SQL
import ServiceLifecycle
package import Telemetry

/// Looks up the figures of the database every 15 s and keeps them for `/metrics`, so that a scrape costs the database
/// nothing, whoever scrapes and however often. What can't be looked up is not shown.
package struct ReadingsLoop: Service {
    package static let statements =
        StatisticsReader.statements + SQL.statements.filter { $0.name.hasPrefix("metrics.") }
    /// As often as backlogs are sampled, and as scrapers come by default; scattered, so that processes take turns.
    static let interval = Duration.seconds(15)
    /// All of it takes some milliseconds; a database that needs longer has better things to do.
    package static let statementTimeout = Duration.seconds(5)

    private let client: Client
    private let registry: MetricRegistry
    private let echo: ListenerEcho
    private let logger: Logger
    private let failures = Counter(.readingFailures)

    /// - Parameters:
    ///   - client: has prepared `statements`, and may see all tenants.
    ///   - echo: hears what is announced on its channel.
    package init(_ client: Client, registry: MetricRegistry, echo: ListenerEcho, logger: Logger) {
        self.client = client
        self.registry = registry
        self.echo = echo
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await read()
                try? await Task.sleep(for: Self.interval * .random(in: 0.9..<1.1))
            }
        }
    }

    package func read() async {
        var readings = await all { try await backlog() } + all { try await server() }
        _ = await all { [echo] in
            _ = try await client.execute(
                SQL["metrics.echo"], Parameters(echo.channel, echo.call(at: .now)), within: .seconds(1))
            return []
        }
        if let lag = echo.lag(at: .now) { readings.append(Reading(.listenerLag, is: lag / .seconds(1))) }
        registry.show(readings)
    }

    private func all(_ read: () async throws -> [Reading]) async -> [Reading] {
        do {
            return try await read()
        } catch is CancellationError {
            return []
        } catch {
            failures.increment()
            logger.warning("figures of the database not read", metadata: ["error": "\(error)"])
            return []
        }
    }

    private func backlog() async throws -> [Reading] {
        let reader = StatisticsReader(client)
        let now = Timestamp.now
        let tenants = try await reader.depths(limit: Metric.tenantLimit)
        return (try await reader.totals()?.readings(at: now) ?? []) + tenants.flatMap { $0.readings(at: now) }
    }

    private func server() async throws -> [Reading] {
        try await client.query(SQL["metrics.server"]).compactMap { row in
            let name = try row.decode(0, as: String.self)
            guard let metric = Metric.ofServer.first(where: { $0.name == name }) else { return nil }
            let value = try row.decode(2, as: Double.self)
            guard let label = try row.decode(1, as: String?.self) else { return Reading(metric, is: value) }
            return Reading(metric, label, is: value)
        }
    }
}
