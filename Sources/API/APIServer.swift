package import Circuits
import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
package import Model
package import NIOCore
package import Requests
import ServiceLifecycle
package import Tenants

/// The HTTP API. After a graceful shutdown begins it finishes the requests that have come, and takes no more.
package struct APIServer: Service {
    private let configuration: APIConfiguration
    private let captures: CaptureEndpoint
    private let responder: Responder
    private let onListening: @Sendable (Int) -> Void
    private let logger: Logger
    private let eventLoops: any EventLoopGroup

    /// - Parameters:
    ///   - snapshot: called for each request; must be cheap.
    ///   - arm: is told of lanes whose gate a tenant may have opened.
    ///   - isReady: whether requests can be stored.
    ///   - onListening: is told the port once connections are taken.
    package init(
        configuration: APIConfiguration, snapshot: @escaping @Sendable () -> TenantSnapshot, store: RequestStore,
        reader: RequestReader, circuits: CircuitStore, health: HealthStore, arm: @escaping @Sendable (LaneID) -> Void,
        isReady: @escaping @Sendable () async -> Bool,
        eventLoops: any EventLoopGroup = EventLoopGroupProvider.singleton.eventLoopGroup, logger: Logger,
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.eventLoops = eventLoops
        self.onListening = onListening
        let budget = BodyBudget(limit: configuration.bodiesLimit)
        captures = CaptureEndpoint(
            configuration: configuration, snapshot: snapshot, budget: budget, store: store, logger: logger)
        let routes =
            RequestsEndpoint(configuration: configuration, store: store, logger: logger).routes
            + RequestEndpoint(reader: reader).routes + CircuitEndpoint(store: circuits, arm: arm).routes
            + CircuitPolicyEndpoint(store: circuits).routes + HealthCheckEndpoint(store: health).routes
            + Liveness(isReady: isReady).routes
        responder = Responder(
            router: Router(routes), snapshot: snapshot, bodies: BodyReader(budget: budget), logger: logger)
    }

    /// Throws when it can't listen.
    package func run() async throws {
        let address = BindAddress.hostname(configuration.host, port: configuration.port)
        let server = try HTTPServerBuilder.http1(configuration: channel).buildServer(
            configuration: ServerConfiguration(
                address: address, backlog: Self.backlog,
                availableConnectionsDelegate: .maximum(configuration.connectionLimit, logger: logger)),
            eventLoopGroup: eventLoops, logger: logger,
            responder: { [responder] request, writer, channel in
                guard let response = await responder.respond(to: request, on: channel) else { return }
                try await writer.write(response: response.head, body: response.body)
            },
            onServerRunning: { [onListening] channel in
                if let port = channel.localAddress?.port { onListening(port) }
            })
        try await server.run()
    }

    /// Connections that the kernel holds until they are taken; it cuts this to `net.core.somaxconn`, 4,096 by default.
    private static let backlog = 4_096

    private var channel: HTTP1Channel.Configuration {
        let (captures, date) = (captures, HTTPDate())
        return HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                HTTPConnection(captures.configuration.patience, date: date), CaptureHandler(captures),
            ],
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: configuration.head.fieldBytes, maxHeaderListSize: configuration.head.totalBytes,
                maxHeaderFieldCount: configuration.head.fields))
    }
}
