import AsyncHTTPClient
package import Circuits
package import Model
package import NIOCore
package import NIOSSL

/// Runs health checks, by the rules of real traffic: TLS is verified, redirects are not followed. It has connections of
/// its own; whoever makes it shuts it down.
package struct HealthProbe: Sendable {
    /// Bytes of a body in which a wanted text is looked for.
    static let keptBody = 64 << 10

    private let sender: HTTPSender
    private let transport: TransportProbe

    /// Reads the certificates that the system trusts, and throws where it can't.
    /// - Parameter tls: of TLS checks.
    package init(
        eventLoops: any EventLoopGroup, egress: EgressRules, tls: TLSConfiguration = .makeClientConfiguration()
    ) throws {
        let egress = AddressGuard(egress)
        sender = HTTPSender(eventLoops: eventLoops, egress: egress)
        transport = TransportProbe(eventLoops: eventLoops, egress: egress, tls: try NIOSSLContext(configuration: tls))
    }

    /// Takes no longer than the check's time-out. Returns nil where the task was cancelled before anything was known.
    package func run(_ check: HealthCheckDefinition) async -> HealthReport? {
        let start = ContinuousClock.now
        func report(_ result: HealthCheck.Result, _ error: String? = nil) -> HealthReport {
            HealthReport(result, latency: .now - start, error: error)
        }
        do {
            guard check.kind == .http else {
                try await reach(check)
                return report(.success)
            }
            let response = try await response(to: check)
            let objection = check.exchange.objection(to: response)
            return report(objection == nil ? .success : .failure(status: response.status), objection)
        } catch is CancellationError {
            return nil
        } catch {
            let failure = AttemptFailure(error)
            return report(HealthCheck.Result(failure), failure.message)
        }
    }

    package func shutdown() async throws { try await sender.shutdown() }

    private func response(to check: HealthCheckDefinition) async throws -> CollectedResponse {
        let request = try check.exchange.request(to: check.target)
        return try await sender.send(
            request, within: check.timeout, connectTimeout: check.timeout, keptBody: Self.keptBody
        ).get()
    }

    private func reach(_ check: HealthCheckDefinition) async throws {
        guard let endpoint = Endpoint(check.target) else {
            throw AttemptFailure(.unsendable, "the target is not a host and a port")
        }
        try await transport.reach(endpoint, shakesHands: check.kind == .tls, within: check.timeout)
    }
}

extension HealthCheck.Result {
    /// No verdict where this worker lacked what it takes, where the check itself is at fault or leads to a forbidden
    /// address, and where only this
    /// machine's resolver may have failed.
    init(_ failure: AttemptFailure) {
        let tellsNothing = [.returned, .unsendable, .resolverFailed, .blocked].contains(failure.attemptClass)
        self = tellsNothing ? .notRun : .failure(status: nil)
    }
}
