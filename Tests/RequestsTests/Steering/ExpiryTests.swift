import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

struct ExpiryTests {
    /// As if the time, an hour off at most, had come: what expires until then has just expired.
    private func pass(_ time: Timestamp, _ site: Site) async throws {
        for (table, column) in [("request", "expires_at"), ("expiry", "look_at")] {
            _ = try await site.client.execute(
                Statement("UPDATE sluice.\(table) SET \(column) = \(column) - interval '1 hour' WHERE \(column) <= $1"),
                Parameters(time))
        }
    }

    @Test(arguments: ["waiting", "scheduled", "held"])
    func endsWhatWaits(_ state: String) async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let expiry = try await site.client.now() + .seconds(3600)
            let request = NewRequest(
                to: destination, dueAt: state == "scheduled" ? expiry + .seconds(60) : nil, expiresAt: expiry)
            let others = [NewRequest(to: destination), NewRequest(to: destination, expiresAt: expiry + .seconds(60))]
            if state == "held" { try await site.client.setGate("hold", destination.lane) }
            try await site.add([request] + others)
            #expect(try await site.deliveries.expire(.only, limit: 10) == .init(examined: 0, expired: 0))
            try await pass(expiry, site)
            #expect(try await site.deliveries.expire(.only, limit: 10) == .init(examined: 1, expired: 1))
            #expect(try await site.client.state(request.id) == "expired")
            #expect(try await site.client.backlog(destination.lane) == 2)
            #expect(try await site.client.count("sluice.expiry") == 1)
        }
    }

    @Test func leavesWhatHasEnded() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let expiry = try await site.client.now() + .seconds(3600)
            let requests = [
                NewRequest(to: destination, expiresAt: expiry), NewRequest(to: destination, expiresAt: expiry),
            ]
            try await site.add(requests)
            for (claimed, verdict) in zip(try await site.claim(), [Verdict.delivered, .dead]) {
                try await site.report([claimed], verdict)
            }
            try await pass(expiry, site)
            #expect(try await site.deliveries.expire(.only, limit: 10) == .init(examined: 2, expired: 0))
            #expect(try await site.client.count("sluice.expiry") == 0)
            #expect(try await site.client.count("sluice.dead_letter") == 1)
        }
    }

    /// The attempt goes on; what comes of it is looked at later.
    @Test func comesBackToWhatIsInFlight() async throws {
        try await withSite { site in
            let expiry = try await site.client.now() + .seconds(3600)
            let request = NewRequest(to: try await site.destination(), expiresAt: expiry)
            try await site.add([request])
            let claimed = try await site.claim()
            try await pass(expiry, site)
            #expect(try await site.deliveries.expire(.only, limit: 10) == .init(examined: 1, expired: 0))
            try await site.report(claimed, .retry, .timeout, retryIn: .seconds(600))
            #expect(try await site.deliveries.expire(.only, limit: 10) == .init(examined: 0, expired: 0))
            _ = try await site.client.execute(Statement("UPDATE sluice.expiry SET look_at = now()"))
            #expect(try await site.deliveries.expire(.only, limit: 10) == .init(examined: 1, expired: 1))
            #expect(try await site.client.state(request.id) == "expired")
            #expect(try await site.client.count("sluice.expiry") == 0)
        }
    }

    @Test func isBounded() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let expiry = try await site.client.now() + .seconds(3600)
            try await site.add((0..<5).map { _ in NewRequest(to: destination, expiresAt: expiry) })
            try await pass(expiry, site)
            for expired in [2, 2, 1, 0] as [Int32] {
                let swept = try await site.deliveries.expire(.only, limit: 2)
                #expect(swept == .init(examined: expired, expired: expired))
            }
        }
    }

    /// Storing again after a commit in doubt, or under a used key, leaves one row for one request.
    @Test func isNotedOnce() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let expiry = try await site.client.now() + .seconds(60)
            let key = Idempotency(key: [1], fingerprint: [1])
            let request = NewRequest(to: destination, expiresAt: expiry, idempotency: key)
            try await site.add([request])
            try await site.add([request], again: true)
            try await site.add([NewRequest(to: destination, expiresAt: expiry, idempotency: key)])
            #expect(try await site.client.count("sluice.expiry") == 1)
        }
    }
}
