import Logging
import Model
import Postgres
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Requests

@Suite(.timeLimit(.minutes(5))) struct ReadingsLoopTests {
    private func text(_ registry: MetricRegistry) -> String {
        String(decoding: Exposition(registry, namesTenants: true).bytes, as: UTF8.self)
    }

    private func loop(_ client: Client, _ registry: MetricRegistry, _ echo: ListenerEcho) -> ReadingsLoop {
        ReadingsLoop(
            client, registry: registry, echo: echo, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test func readsBacklogServerAndListener() async throws {
        try await withSite { site in
            let registry = MetricRegistry()
            let echo = ListenerEcho()
            let isListening = Shared(false)
            _ = site.database.client { configuration in
                configuration.channels = [echo.channel]
                configuration.onEvent = { event in
                    switch event {
                    case .connected: isListening.update { $0 = true }
                    case .notification(echo.channel, let payload): echo.hear(payload)
                    default: break
                    }
                }
            }
            try await eventually { isListening.value }
            _ = try await site.tenant()
            let upkeep = site.database.client(statements: UpkeepLoop.statements)
            var sampler = DepthSampler(upkeep, .only)
            try await sampler.sampleIfDue()
            let loop = loop(site.database.client(statements: ReadingsLoop.statements), registry, echo)
            // The second tells what the first has sent.
            try await eventually {
                await loop.read()
                return text(registry).contains("\nsluice_listener_lag_seconds ")
            }
            let shown = text(registry)
            for metric in Metric.ofServer where metric.labels.isEmpty {
                #expect(shown.contains("\n\(metric.name) "), "\(metric.name)")
            }
            #expect(shown.contains("\nsluice_postgres_dead_rows{table=\"ready\"} "))
            #expect(shown.contains("\nsluice_postgres_backends{state=\"active\"} "))
            #expect(shown.contains("\nsluice_deliveries_waiting 0\n"))
            #expect(shown.contains("\nsluice_circuits{state=\"open\"} 0\n"))
        }
    }

    @Test func whatCanNotBeReadIsNotShown() async throws {
        try await withSite { site in
            let registry = MetricRegistry()
            registry.show([Reading(.waiting, is: 7)])
            let client = site.database.client(statements: ReadingsLoop.statements)
            await client.close()
            await loop(client, registry, ListenerEcho()).read()
            #expect(!text(registry).contains("sluice_deliveries_waiting"))
        }
    }

    @Test func whatIsNotHeardIsLate() {
        let echo = ListenerEcho()
        let start = ContinuousClock.now
        #expect(echo.lag(at: start) == nil)
        let call = echo.call(at: start)
        #expect(echo.lag(at: start + .seconds(3)) == .seconds(3))
        // It is still that one for which it waits.
        #expect(echo.call(at: start + .seconds(15)) == call)
        #expect(echo.lag(at: start + .seconds(20)) == .seconds(20))
        echo.hear("of another time", at: start + .seconds(20))
        #expect(echo.lag(at: start + .seconds(21)) == .seconds(21))
        echo.hear(call, at: start + .seconds(22))
        #expect(echo.lag(at: start + .seconds(60)) == .seconds(22))
        let next = echo.call(at: start + .seconds(60))
        #expect(next != call)
        echo.hear(next, at: start + .seconds(60) + .milliseconds(1))
        #expect(echo.lag(at: start + .seconds(61)) == .milliseconds(1))
    }
}
