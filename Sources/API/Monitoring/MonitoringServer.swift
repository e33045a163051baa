import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
package import NIOCore
import ServiceLifecycle
package import Telemetry
import Tenants

/// `/metrics`, `/livez` and `/readyz` at an address of their own, which tenants can't reach: what a worker has of HTTP.
package struct MonitoringServer: Service {
    private let host: String
    private let port: Int
    private let responder: Responder
    /// Never begins: the process's last answers are these.
    private let draining = Draining(for: .zero)
    private let eventLoops: any EventLoopGroup
    private let logger: Logger
    private let onListening: @Sendable (Int) -> Void

    /// A scraper, a probe, and some people.
    private static let connectionLimit = 64

    /// - Parameters:
    ///   - port: 0: any that is free.
    ///   - isReady: whether the process can do its work.
    ///   - onListening: is told the port once connections are taken.
    package init(
        host: String, port: Int, registry: MetricRegistry, isReady: @escaping @Sendable () async -> Bool,
        eventLoops: any EventLoopGroup, logger: Logger, onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.host = host
        self.port = port
        self.eventLoops = eventLoops
        self.logger = logger
        self.onListening = onListening
        let nobody = TenantSnapshot()
        responder = Responder(
            router: Router(
                MetricsEndpoint(registry: registry, access: .everything).routes
                    + Liveness(draining: draining, isReady: isReady).routes),
            snapshot: { nobody }, bodies: BodyReader(budget: BodyBudget(limit: 0)), access: Access(), logger: logger)
    }

    /// Throws when it can't listen.
    package func run() async throws {
        let date = HTTPDate()
        let server = try responder.server(
            .init(additionalChannelHandlers: [HTTPConnection(Patience(), draining: draining, date: date)]),
            ServerConfiguration(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: .maximum(Self.connectionLimit, logger: logger)),
            on: eventLoops, onListening: onListening)
        try await server.run(on: host, port)
    }
}
