import Circuits
import Sink
import TestSupport
import Testing

@testable import Worker

struct TransportHealthProbeTests {
    @Test func takesConnections() async throws {
        try await withSink { sink, _ in
            let report = try await run(.sample(.tcp, "127.0.0.1:\(sink.port)"))
            #expect(report?.result == .success && report?.error == nil)
        }
    }

    @Test(arguments: [HealthCheckDefinition.Kind.tcp, .tls])
    func refusesConnections(_ kind: HealthCheckDefinition.Kind) async throws {
        let report = try await run(.sample(kind, "127.0.0.1:\(try freePort())"))
        #expect(report?.result == .failure(status: nil))
        #expect(report?.error == "the connection was refused")
    }

    @Test(arguments: [HealthCheckDefinition.Kind.tcp, .tls])
    func hangsInConnect(_ kind: HealthCheckDefinition.Kind) async throws {
        let backlog = try FullBacklog()
        let report = try #require(
            try await run(.sample(kind, "127.0.0.1:\(backlog.port)", timeout: .milliseconds(250))))
        #expect(report.result == .failure(status: nil))
        #expect(report.latency >= .milliseconds(250) && report.latency < .seconds(15))
        withExtendedLifetime(backlog) {}
    }

    @Test func hangsInTheHandshake() async throws {
        try await withSilentServer { port in
            #expect(try await run(.sample(.tcp, "127.0.0.1:\(port)"))?.result == .success)
            let report = try await run(.sample(.tls, "127.0.0.1:\(port)", timeout: .milliseconds(250)))
            #expect(report?.result == .failure(status: nil))
            #expect(report?.error == "no TLS handshake within the time-out")
        }
    }

    @Test func speaksNoTLS() async throws {
        try await withSink { sink, _ in
            let report = try #require(try await run(.sample(.tls, "127.0.0.1:\(sink.port)")))
            #expect(report.result == .failure(status: nil))
            #expect(report.error?.contains("TLS") == true, "\(report.error ?? "")")
            #expect(report.latency < .seconds(15))
        }
    }

    @Test(.enabled(if: TLSServer.isThere))
    func onlyTheRightCertificateIsTrusted() async throws {
        try await withTLSServer { server in
            let check = HealthCheckDefinition.sample(.tls, "localhost:\(server.port)")
            // Refused until the server listens.
            try await eventually { try await run(check, trusting: server.certificate)?.result == .success }
            let untrusted = try await run(check)
            #expect(untrusted?.result == .failure(status: nil))
            #expect(untrusted?.error?.contains("TLS") == true, "\(untrusted?.error ?? "")")
            let misnamed = try await run(
                .sample(.tls, "127.0.0.1:\(server.port)"), trusting: server.certificate)
            #expect(misnamed?.result == .failure(status: nil))
            #expect(misnamed?.error?.contains("TLS") == true, "\(misnamed?.error ?? "")")
        }
    }

    @Test(arguments: [HealthCheckDefinition.Kind.tcp, .tls])
    func aCancelledProbeKnowsNothing(_ kind: HealthCheckDefinition.Kind) async throws {
        let backlog = try FullBacklog()
        try await withProbe { probe in
            let run = Task { await probe.run(.sample(kind, "127.0.0.1:\(backlog.port)")) }
            run.cancel()
            #expect(await run.value == nil)
        }
        withExtendedLifetime(backlog) {}
    }

    private func run(
        _ check: HealthCheckDefinition, trusting certificate: String? = nil
    ) async throws -> HealthReport? {
        try await withProbe(trusting: certificate) { await $0.run(check) }
    }
}
