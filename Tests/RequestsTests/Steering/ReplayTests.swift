import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

struct ReplayTests {
    private func replay(
        _ request: NewRequest, _ site: Site, to destination: Destination? = nil
    ) async throws -> RequestSteering.Replay {
        let answer = try await RequestSteering(site.client).replay(
            request.id, to: destination.map { ($0.id, $0.lane) }, tenant: request.tenant, shard: Site.shard,
            actor: "test")
        if case .replayed(let lanes) = answer { try await site.deliveries.arm(lanes) }
        return answer
    }

    @Test(arguments: [(Verdict.delivered, "delivered"), (.dead, "dead"), (.cancelled, "cancelled")])
    func beginsAnew(_ verdict: Verdict, _ state: String) async throws {
        try await withSite { site in
            let destination = try await site.destination { $0.retry.maxAttempts = 2 }
            let request = NewRequest(to: destination)
            try await site.add([request])
            try await site.report(try await site.claim(), .retry, .timeout)
            try await site.report(try await site.claim(), verdict, .rejected)
            #expect(try await site.client.state(request.id) == state)

            #expect(try await replay(request, site) == .replayed([destination.lane]))
            #expect(try await site.client.state(request.id) == "waiting")
            #expect(try await site.client.count("sluice.dead_letter") == 0)
            #expect(try await replay(request, site) == .notEnded)
            let claimed = try await site.claim()
            #expect(claimed.map(\.request) == [request.id] && claimed.map(\.attempt) == [1])
            #expect(try await replay(request, site) == .notEnded)
            try await site.report(claimed, .retry, .timeout)
            #expect(try await site.client.state(request.id) == "waiting")
            try await site.report(try await site.claim(), .delivered)
            #expect(try await site.client.state(request.id) == "delivered")
            let log = try #require(
                try await RequestReader(site.client).find(request.id, tenant: request.tenant, shard: Site.shard)
            ).attempts
            #expect(log.map(\.verdict) == ["retry", verdict.rawValue, "replayed", "retry", "delivered"])
            #expect(log.map(\.number) == [1, 2, 0, 1, 2])
        }
    }

    @Test func onlyToTheGivenDestination() async throws {
        try await withSite { site in
            let tenant = try await site.tenant()
            let (destination, other) = (
                try await site.destination("a", of: tenant), try await site.destination("b", of: tenant)
            )
            let request = NewRequest(to: destination)
            try await site.add([request])
            try await site.report(try await site.claim(), .delivered)
            #expect(try await replay(request, site, to: other) == .notEnded)
            #expect(try await replay(request, site, to: destination) == .replayed([destination.lane]))
        }
    }

    @Test func notPastItsExpiry() async throws {
        try await withSite { site in
            let expiry = try await site.client.now() + .milliseconds(300)
            let request = NewRequest(to: try await site.destination(), expiresAt: expiry)
            try await site.add([request])
            try await site.report(try await site.claim(), .delivered)
            try await eventually { try await site.client.now() > expiry }
            #expect(try await replay(request, site) == .expired)
        }
    }

    /// Of two replays at the same time one has an effect, whichever comes first.
    @Test(arguments: [Verdict.delivered, .dead])
    func twoAreOne(_ verdict: Verdict) async throws {
        try await withSite(connections: 4) { site in
            let destination = try await site.destination()
            let request = NewRequest(to: destination)
            try await site.add([request])
            try await site.report(try await site.claim(), verdict)
            let answers = try await withThrowingTaskGroup(of: RequestSteering.Replay.self) { group in
                for _ in 0..<4 { group.addTask { try await replay(request, site) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.filter { $0 == .replayed([destination.lane]) }.count == 1)
            #expect(answers.filter { $0 == .notEnded }.count == 3)
            #expect(try await site.client.backlog(destination.lane) == 1)
        }
    }

    /// A day is kept while what is replayed in it lives.
    @Test func keepsItsDay() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let yesterday = RequestID.new().uuid.milliseconds - 86_400_000
            let request = NewRequest(
                to: destination, id: RequestID(.init(high: yesterday << 16 | 0x7000, low: 1 << 63)))
            try await site.add([request])
            try await site.report(try await site.claim(), .delivered)
            _ = try await replay(request, site)
            let drop = Statement("SELECT sluice.drop_partitions((now() AT TIME ZONE 'UTC')::date)")
            #expect(try await site.client.value(drop, as: [String].self) == [])
            try await site.report(try await site.claim(), .delivered)
            #expect(try await site.client.value(drop, as: [String].self).count == 1)
        }
    }
}
