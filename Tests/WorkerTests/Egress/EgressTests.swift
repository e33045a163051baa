import Circuits
import Model
import NIOCore
import NIOPosix
import NIOSSL
import Requests
import Sink
import Tenants
import TestSupport
import Testing

@testable import Worker

struct EgressTests {
    /// However the address is spelled, nothing connects.
    @Test(arguments: [
        "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]", "0.0.0.0", "[::1]", "[::]", "0",
    ])
    func aForbiddenAddressIsNotConnectedTo(_ host: String) async throws {
        try await withListener { port, connections in
            let settings = DestinationSettings.to("http://\(host):\(port)")
            let outcome = try await withDeliverer(egress: EgressRules()) { await $0.deliver(.sample(), to: settings) }
            #expect(outcome.attemptClass == .blocked && outcome.verdict == .retry, "\(outcome.error ?? "")")
            #expect(outcome.error?.contains("SLUICE_EGRESS_ALLOW") == true)
            #expect(connections.value == 0)
        }
    }

    @Test(arguments: ["http", "https"])
    func metadataServersAreNotConnectedTo(_ scheme: String) async throws {
        let settings = DestinationSettings.to("\(scheme)://169.254.169.254/latest", timeout: .seconds(2))
        let outcome = try await withDeliverer { await $0.deliver(.sample(), to: settings) }
        #expect(outcome.attemptClass == .blocked && outcome.error?.contains("link-local") == true)
    }

    /// The name leads to a public address when it is looked up, and to a forbidden one when it is connected to.
    @Test func anAddressThatChangesGainsNothing() async throws {
        try await withSink { sink, received in
            let lookup = HostLookup { _ in [IPAddress("93.184.216.34")].compactMap(\.self) }
            let sender = HTTPSender(egress: AddressGuard(EgressRules(), lookup: lookup))
            let credentials = Credentials(sender: sender)
            let deliverer = Deliverer(sender: sender, credentials: credentials)
            let settings = DestinationSettings.to("http://localhost:\(sink.port)", timeout: .seconds(5))
            for _ in 0..<20 {
                let outcome = await deliverer.deliver(.sample(), to: settings)
                #expect(outcome.attemptClass == .blocked, "\(outcome.error ?? "")")
            }
            #expect(received.value.isEmpty)
            try await sender.shutdown()
        }
    }

    @Test func aNetworkThatIsAllowedIsConnectedTo() async throws {
        try await withSink { sink, received in
            let rules = try EgressRules(allowing: "10.0.0.0/8,127.0.0.1/32")
            let settings = DestinationSettings.to("http://0x7f.1:\(sink.port)")
            let outcome = try await withDeliverer(egress: rules) { await $0.deliver(.sample(), to: settings) }
            #expect(outcome.verdict == .delivered, "\(outcome.error ?? "")")
            #expect(received.value.count == 1)
        }
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func redirectsAreNotFollowed(_ status: Int) async throws {
        try await withSink { inner, received in
            let redirect = Reply(status: status, headers: [("location", inner.url + "/secret")])
            try await withSink(redirect) { sink, _ in
                let settings = DestinationSettings.to(sink.url)
                let outcome = try await withDeliverer { await $0.deliver(.sample("GET"), to: settings) }
                #expect(outcome.attemptClass == .redirected && outcome.verdict == .dead)
                #expect(received.value.isEmpty)
            }
        }
    }

    @Test func tokenEndpointsAreDestinationsToo() async throws {
        var settings = DestinationSettings.to("http://93.184.216.34")
        settings.auth = .oauth2(
            ClientCredentials(tokenURL: "http://169.254.169.254/token", clientID: "a", clientSecret: "b"))
        let outcome = try await withDeliverer { [settings] in await $0.deliver(.sample(), to: settings) }
        #expect(outcome.attemptClass == .blocked)
    }

    @Test(arguments: [HealthCheckDefinition.Kind.http, .tcp, .tls], ["127.0.0.1", "localhost", "0x7f.1"])
    func healthChecksAreHeldToTheRules(_ kind: HealthCheckDefinition.Kind, _ host: String) async throws {
        try await withListener { port, connections in
            let target = kind == .http ? "http://\(host):\(port)" : "\(host):\(port)"
            let probe = try HealthProbe(eventLoops: MultiThreadedEventLoopGroup.singleton, egress: EgressRules())
            let report = await probe.run(.sample(kind, target))
            try await probe.shutdown()
            #expect(report?.result == .notRun)
            #expect(report?.error?.contains("loopback") == true, "\(report?.error ?? "")")
            #expect(connections.value == 0)
        }
    }

    /// Those that the resolver did not show are found by the connection's own address.
    @Test(arguments: [true, false])
    func aProbeLooksAtTheConnectionsAddress(_ shakesHands: Bool) async throws {
        try await withListener { port, _ in
            let lookup = HostLookup { _ in [] }
            let transport = TransportProbe(
                eventLoops: MultiThreadedEventLoopGroup.singleton, egress: AddressGuard(EgressRules(), lookup: lookup),
                tls: try NIOSSLContext(configuration: .makeClientConfiguration()))
            let endpoint = try #require(Endpoint("localhost:\(port)"))
            let failure = await #expect(throws: AttemptFailure.self) {
                try await transport.reach(endpoint, shakesHands: shakesHands, within: .seconds(5))
            }
            #expect(failure?.attemptClass == .blocked)
        }
    }

    @Test func circuitsIgnoreWhatIsBlocked() {
        #expect(CircuitSignal(.blocked).kind == .ignored)
        #expect(CircuitSignal(.noCredentials).kind == .failure(.lasting))
    }

    /// A port on all addresses of this machine, and how many connections came.
    private func withListener(_ body: (_ port: Int, _ connections: Shared<Int>) async throws -> Void) async throws {
        let connections = Shared(0)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                connections.update { $0 += 1 }
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "0.0.0.0", port: 0).get()
        do {
            try await body(listener.localAddress?.port ?? 0, connections)
        } catch {
            try? await listener.close()
            throw error
        }
        try await listener.close()
    }
}
