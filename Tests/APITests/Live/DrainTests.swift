import TestSupport
import Testing

@testable import API

/// A server that was asked to end, and whoever keeps connections to it.
@Suite struct DrainTests {
    @Test(.timeLimit(.minutes(5))) func aKeptConnectionIsServedOnceMore() async throws {
        try await withGateway(.with { $0.drain = .seconds(3) }) { gateway in
            let (busy, idle) = (try await gateway.connect(), try await gateway.connect())
            for connection in [busy, idle] {
                let before = try await post(connection, gateway)
                #expect(before.status == 202 && before["connection"] == nil)
            }
            await gateway.stop()
            try await eventually { try await gateway.send("GET", "/readyz").problem == "not-ready" }
            #expect(try await gateway.send("GET", "/livez").status == 200)

            let last = try await post(busy, gateway)
            #expect(last.status == 202 && last["connection"] == "close")
            #expect(try await busy.isEnded())
            #expect(try await gateway.count() == 3)
            // At the end of the drain, and not cut.
            #expect(try await idle.isEnded())
        }
    }

    private func post(_ connection: RawConnection, _ gateway: Gateway) async throws -> Answer {
        try await connection.send(gateway.head([gateway.authorized, "Content-Length: 1"]) + "x")
        return try await connection.answer()
    }
}
