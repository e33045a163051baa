import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
package import Model
package import NIOCore
package import Requests
import ServiceLifecycle
package import Telemetry
package import Tenants

/// The HTTP API. After a graceful shutdown begins it drains, then finishes the requests that have come, and takes no more.
package struct APIServer: Service {
    private let configuration: APIConfiguration
    private let captures: CaptureEndpoint
    private let evaluations: EvaluationEndpoint
    let responder: Responder
    private let limits: IngestLimits
    private let uses: UseLoop
    private let waiters: OutcomeWaiters
    private let streams: FlagStreams
    private let draining: Draining
    private let flagUses: UseLoop
    private let onListening: @Sendable (Int) -> Void
    private let logger: Logger
    private let eventLoops: any EventLoopGroup

    /// - Parameters:
    ///   - snapshot: called for each request; must be cheap.
    ///   - arm: is told of lanes whose gate a tenant may have opened.
    ///   - waiters: must be told what is announced on their channel.
    ///   - trial: how a tenant tries its destinations.
    ///   - metrics: what `/metrics` shows.
    ///   - pages: for people, besides the API's own routes.
    ///   - isReady: whether requests can be stored.
    ///   - onListening: is told the port once connections are taken.
    package init(
        configuration: APIConfiguration, snapshot: @escaping @Sendable () -> TenantSnapshot, store: RequestStore,
        stores: APIStores, waiters: OutcomeWaiters, trial: DestinationTrial, arm: @escaping @Sendable (LaneID) -> Void,
        isReady: @escaping @Sendable () async -> Bool, pages: [Route] = [],
        metrics: MetricRegistry = MetricRegistry(),
        eventLoops: any EventLoopGroup = EventLoopGroupProvider.singleton.eventLoopGroup, logger: Logger,
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.eventLoops = eventLoops
        self.onListening = onListening
        let access = Access(operatorToken: configuration.operatorToken)
        uses = .keys(access.uses, stores.operators, logger: logger)
        limits = IngestLimits(stores.tenants, processes: configuration.processes, logger: logger)
        self.waiters = waiters
        let draining = Draining(for: configuration.drain)
        self.draining = draining
        flagUses = .flags(access.flagUses, stores.operators, logger: logger)
        streams = FlagStreams(jitter: configuration.streamJitter, snapshot: snapshot)
        let waiting = OutcomeWaiting(waiters: waiters, reader: stores.reader, logger: logger)
        let budget = BodyBudget(limit: configuration.bodiesLimit)
        captures = CaptureEndpoint(
            configuration: configuration, snapshot: snapshot, budget: budget, access: access, limits: limits,
            store: store, waiting: waiting, logger: logger)
        let ofrep = OFREPEndpoint(
            snapshot: snapshot, uses: access.flagUses, streams: streams, limits: ClientKeyLimits(), logger: logger)
        evaluations = EvaluationEndpoint(ofrep: ofrep, budget: budget, access: access)
        let requests = RequestIntake(configuration: configuration, store: store, waiting: waiting, logger: logger)
        let routes =
            RequestsEndpoint(configuration: configuration, limits: limits, requests: requests).routes
            + EventsEndpoint(configuration: configuration, limits: limits, requests: requests).routes
            + RoutesEndpoint(store: stores.tenants).routes + SourcesEndpoint(store: stores.tenants).routes
            + RequestListEndpoint(reader: stores.reader).routes
            + RequestEndpoint(reader: stores.reader, steering: stores.steering, arm: arm).routes
            + DeadLetterEndpoint(store: stores.replays).routes + ReplayEndpoint(store: stores.replays).routes
            + CircuitEndpoint(store: stores.circuits, arm: arm).routes
            + CircuitPolicyEndpoint(store: stores.circuits).routes + HealthCheckEndpoint(store: stores.health).routes
            + KeysEndpoint(store: stores.tenants).routes + UsageEndpoint(store: stores.tenants).routes
            + TenantsEndpoint(store: stores.operators, arm: arm).routes
            + TenantKeysEndpoint(store: stores.operators).routes + ClusterEndpoint(store: stores.cluster).routes
            + DestinationsEndpoint(store: stores.tenants, arm: arm, trial: trial).routes
            + EnvironmentsEndpoint(store: stores.tenants).routes + FlagsEndpoint(store: stores.tenants).routes
            + FlagHistoryEndpoint(store: stores.tenants).routes + RolloutsEndpoint(store: stores.tenants).routes
            + ofrep.routes
            + DocumentEndpoint().routes + Liveness(draining: draining, isReady: isReady).routes
            + MetricsEndpoint(
                registry: metrics, access: configuration.metricsToken.map { .token($0) } ?? .withoutTenants
            ).routes + pages
        responder = Responder(
            router: Router(routes), snapshot: snapshot, bodies: BodyReader(budget: budget), access: access,
            logger: logger)
    }

    /// Throws when it can't listen.
    package func run() async throws {
        let server = try responder.server(
            channel,
            ServerConfiguration(
                address: .hostname(configuration.host, port: configuration.port), backlog: Self.backlog,
                availableConnectionsDelegate: .maximum(configuration.connectionLimit, logger: logger)),
            on: eventLoops, onListening: onListening)
        try await withThrowingTaskGroup { group in
            group.addTask { await limits.run() }
            group.addTask { await uses.run() }
            group.addTask { await flagUses.run() }
            group.addTask { await streams.run() }
            defer { group.cancelAll() }
            let listening = Listening(
                server: server, host: configuration.host, port: configuration.port, waiters: waiters, streams: streams)
            // The last is the first that is shut down.
            let services: [ServiceGroupConfiguration.ServiceConfiguration] = [
                .init(service: listening), .init(service: draining, successTerminationBehavior: .ignore),
            ]
            try await ServiceGroup(configuration: .init(services: services, logger: logger)).run()
        }
    }

    /// Connections that the kernel holds until they are taken; it cuts this to `net.core.somaxconn`, 4,096 by default.
    private static let backlog = 4_096

    private var channel: HTTP1Channel.Configuration {
        let (captures, evaluations, draining, date) = (captures, evaluations, draining, HTTPDate())
        return HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                HTTPConnection(captures.configuration.patience, draining: draining, date: date),
                DirectHandler(captures), DirectHandler(evaluations),
            ],
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: configuration.head.fieldBytes, maxHeaderListSize: configuration.head.totalBytes,
                maxHeaderFieldCount: configuration.head.fields))
    }
}

/// Takes connections until a graceful shutdown, and then finishes what has come.
private struct Listening: Service {
    let server: any Service
    let host: String
    let port: Int
    let waiters: OutcomeWaiters
    let streams: FlagStreams

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await server.run(on: host, port)
        } onGracefulShutdown: {
            // Callers that wait for outcomes are answered now.
            waiters.end()
            streams.end()
        }
    }
}
