import Circuits
import Model
import NIOCore
import NIOPosix
import NIOSSL
import TestSupport

@testable import Worker

extension HealthCheckDefinition {
    /// Of no tenant and no destination: for probes without a database.
    static func sample(
        _ kind: Kind = .http, _ target: String, timeout: Duration = .seconds(20),
        _ adjust: (inout HTTPExchange) -> Void = { _ in }
    ) -> HealthCheckDefinition {
        var definition = HealthCheckDefinition(
            shard: 0, tenant: .new(), destination: .new(), kind: kind, target: target)
        definition.timeout = timeout
        adjust(&definition.exchange)
        return definition
    }
}

func withProbe<T>(
    trusting certificate: String? = nil, _ body: (HealthProbe) async throws -> T
) async throws -> T {
    var tls = TLSConfiguration.makeClientConfiguration()
    if let certificate { tls.trustRoots = .file(certificate) }
    let probe = try HealthProbe(eventLoops: MultiThreadedEventLoopGroup.singleton, egress: .loopback, tls: tls)
    do {
        let value = try await body(probe)
        try await probe.shutdown()
        return value
    } catch {
        try? await probe.shutdown()
        throw error
    }
}

/// A port that takes connections and never says a word.
func withSilentServer<T>(_ body: (Int) async throws -> T) async throws -> T {
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .bind(host: "127.0.0.1", port: 0).get()
    do {
        let value = try await body(listener.localAddress?.port ?? 0)
        try await listener.close()
        return value
    } catch {
        try? await listener.close()
        throw error
    }
}
