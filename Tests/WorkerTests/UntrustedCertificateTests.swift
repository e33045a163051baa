import Model
import Requests
import Tenants
import TestSupport
import Testing

@testable import Worker

/// A server whose certificate nobody vouches for.
struct UntrustedCertificateTests {
    @Test(.enabled(if: TLSServer.isThere))
    func isRefused() async throws {
        try await withTLSServer { server in
            try await withDeliverer { deliverer in
                let settings = DestinationSettings.to("https://localhost:\(server.port)")
                // Refused until the server listens.
                try await eventually {
                    let outcome = await deliverer.deliver(.sample(), to: settings)
                    if outcome.attemptClass == .connectRefused { return false }
                    #expect(outcome.attemptClass == .tls, "\(outcome.error ?? "")")
                    #expect(outcome.verdict == .retry)
                    return true
                }
            }
        }
    }
}
