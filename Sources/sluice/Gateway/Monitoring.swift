import API
import CoreMetrics
import Instrumentation
import Logging
import NIOCore
import Postgres
import Requests
import ServiceLifecycle
import Synchronization
import Telemetry
import Worker

/// What lets people see into a process: metrics, their readings, an address for them, and traces.
struct Monitoring {
    let registry: MetricRegistry
    /// Heard by the process's listener.
    let echo = ListenerEcho()
    private let readings: ReadingsLoop
    private let client: Client
    private let server: MonitoringServer?
    private let traces: (exporter: SpanExporter, post: CollectorPost)?

    /// - Parameter isReady: whether the process can do its work.
    init(
        _ gateway: Gateway, _ roles: Gateway.Roles, on loop: Loop, eventLoops: any EventLoopGroup,
        isReady: @escaping @Sendable () async -> Bool
    ) {
        registry = .ofProcess
        // With the login's own rights: roles that the gateway takes see no other sessions.
        client = Client(
            .init(
                gateway.database.sessions, name: "readings", statements: ReadingsLoop.statements,
                statementTimeout: ReadingsLoop.statementTimeout), on: loop)
        readings = ReadingsLoop(client, registry: registry, echo: echo, logger: gateway.logger)
        server = gateway.settings.metricsAddress.map { [registry] address in
            MonitoringServer(
                host: address.host, port: address.port, registry: registry, isReady: isReady, eventLoops: eventLoops,
                logger: gateway.logger)
        }
        traces = gateway.settings.traces.map { traces in
            let buffer = Self.buffer
            Self.record(traces.ratio)
            let post = CollectorPost(eventLoops: eventLoops, url: traces.url, headers: traces.headers)
            let exporter = SpanExporter(buffer, resource: Identity.resource(roles), logger: gateway.logger) {
                try await post($0)
            }
            return (exporter, post)
        }
        Meter(.build, Identity.version, roles.words).set(1)
    }

    /// Come before all others, and so are stopped after them: the last spans are those of the last deliveries.
    var services: [any Service] {
        ([traces?.exporter, server] as [(any Service)?]).compactMap { $0 } + [readings]
    }

    func shutdown() async throws {
        await client.close()
        try await traces?.post.shutdown()
    }

    /// One a process, as the system that it is told to is.
    private static let buffer = SpanBuffer()
    private static let isRecording = Atomic(false)

    private static func record(_ ratio: Double) {
        guard !isRecording.exchange(true, ordering: .relaxed) else { return }
        InstrumentationSystem.bootstrap(OTLPTracer(sampler: Sampler(ratio: ratio), buffer: buffer))
    }
}
