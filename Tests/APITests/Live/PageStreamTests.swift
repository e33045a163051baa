import HTTPTypes
import TestSupport
import Testing

@testable import API

/// Streams of events for pages.
@Suite struct PageStreamTests {
    private final class Seat: Sendable {
        let isFree: Shared<Bool>

        init(_ isFree: Shared<Bool>) { self.isFree = isFree }

        deinit { isFree.update { $0 = true } }
    }

    /// And keeps no server from stopping, for which the gateway of the test waits.
    @Test(.timeLimit(.minutes(5))) func whoDoesNotReadHoldsNoStream() async throws {
        let (isFree, event) = (Shared(false), ":" + String(repeating: "x", count: 1 << 20) + "\n\n")
        let page = Route.page(.get, "/stream") { call in
            let seat = Seat(isFree)
            return .events([:], to: call, patience: .milliseconds(200)) { withExtendedLifetime(seat) { event } }
        }
        try await withGateway(pages: [page]) { gateway in
            let connection = try await gateway.connect()
            try await connection.send(gateway.head("GET", "/stream", []))
            try await eventually { isFree.value }
            withExtendedLifetime(connection) {}
        }
    }
}
