import Model
import Postgres
import Requests
import SQL
import Tenants
import TestSupport
import Testing

/// Requests for topics: one to many, or to none.
struct FanOutTests {
    private static func request(
        _ topic: String = "t", to destinations: [Destination], of tenant: TenantID, dueAt: Timestamp? = nil,
        expiresAt: Timestamp? = nil, idempotency: Idempotency? = nil, orderedBy key: String? = nil
    ) -> NewRequest {
        let id = RequestID.new()
        let lanes = destinations.map { $0.lane(of: id, orderedBy: key.flatMap { OrderingKey($0) }) }
        return NewRequest(
            id: id, tenant: tenant, addressee: .topic(topic, shard: Site.shard, lanes: lanes), method: "POST", path: "",
            query: nil, headers: HeaderLines(), body: [1], dueAt: dueAt, expiresAt: expiresAt, idempotency: idempotency)
    }

    private func destinations(_ site: Site, _ count: Int, of tenant: TenantID) async throws -> [Destination] {
        var made: [Destination] = []
        for number in 0..<count { made.append(try await site.destination("d\(number)", of: tenant)) }
        return made
    }

    private func list(
        _ site: Site, of tenant: TenantID, _ adjust: (inout RequestFilter) -> Void = { _ in }
    ) async throws -> [RequestSummary] {
        var filter = RequestFilter()
        adjust(&filter)
        return try await RequestReader(site.client).list(
            filter, before: nil, limit: 10, tenant: tenant, shard: Site.shard
        ).items
    }

    private func replay(
        _ request: NewRequest, _ site: Site, to destination: Destination? = nil
    ) async throws -> RequestSteering.Replay {
        try await RequestSteering(site.client).replay(
            request.id, to: destination.map { ($0.id, $0.lane) }, tenant: request.tenant, shard: Site.shard,
            actor: "test")
    }

    @Test func oneRequestGoesToManyInOneTransaction() async throws {
        try await withSite { site in
            let tenant = try await site.tenant()
            let destinations = try await destinations(site, 3, of: tenant)
            let fan = Self.request(to: destinations, of: tenant)
            try await site.add([NewRequest(to: destinations[0]), fan, NewRequest(to: destinations[1])])
            let claimed = try await site.claim().filter { $0.request == fan.id }
            #expect(Set(claimed.map(\.lane)) == Set(destinations.map(\.lane)) && claimed.count == 3)
            try await site.report([claimed[0]], .delivered)
            try await site.report(Array(claimed.dropFirst()), .dead, .rejected)
            let found = try #require(
                try await RequestReader(site.client).find(fan.id, tenant: tenant, shard: Site.shard))
            #expect(found.topic == "t")
            #expect(found.deliveries.map(\.state).sorted() == ["dead", "dead", "delivered"])
            let outcome = try await RequestReader(site.client).outcome(fan.id, tenant: tenant, shard: Site.shard)
            #expect(outcome?.state == "delivered")
            #expect(try await list(site, of: tenant) { $0.topic = "t" }.map(\.id) == [fan.id])
        }
    }

    @Test func asWideAsItMayBe() async throws {
        try await withSite { site in
            let tenant = try await site.tenant()
            let destinations = try await destinations(site, Addressee.fanOutLimit, of: tenant)
            try await site.add((0..<3).map { _ in Self.request(to: destinations, of: tenant) })
            #expect(try await site.client.count("sluice.ready") == 300)
        }
    }

    @Test func noneIsStoredAndSeenAndGoesWhereItIsSentLater() async throws {
        try await withSite { site in
            let tenant = try await site.tenant()
            let destination = try await site.destination(of: tenant)
            let (lost, other) = (Self.request("nowhere.1", to: [], of: tenant), NewRequest(to: destination))
            try await site.add([lost, other])
            let unrouted = try await list(site, of: tenant) { $0.states = [.unrouted] }
            #expect(unrouted.map(\.id) == [lost.id])
            #expect(unrouted.first?.isUnrouted == true && unrouted.first?.topic == "nowhere.1")
            #expect(try await list(site, of: tenant) { $0.states = [.unrouted, .waiting] }.count == 2)
            #expect(try await list(site, of: tenant) { $0.states = [.dead] }.isEmpty)
            let both = try await list(site, of: tenant) { ($0.states, $0.destination) = ([.unrouted], destination.id) }
            #expect(both.isEmpty)
            #expect(try await site.claim().map(\.request) == [other.id])

            #expect(try await replay(lost, site) == .notEnded)
            #expect(try await replay(lost, site, to: destination) == .replayed([destination.lane]))
            #expect(try await replay(lost, site, to: destination) == .notEnded)
            #expect(try await list(site, of: tenant) { $0.states = [.unrouted] }.isEmpty)
            try await site.deliveries.arm([destination.lane])
            let claimed = try await site.claim()
            #expect(claimed.map(\.request) == [lost.id])
            try await site.report(claimed, .delivered)
            #expect(try await site.client.state(lost.id) == "delivered")
            // What was sent to one destination goes to no other.
            let stranger = try await site.destination("other", of: tenant)
            #expect(try await replay(other, site, to: stranger) == .notEnded)
        }
    }

    @Test func aReplayedUnroutedRequestCanBeCancelledAndExpire() async throws {
        try await withSite { site in
            let tenant = try await site.tenant()
            let destination = try await site.destination(of: tenant)
            let expiry = try await site.client.now() + .milliseconds(300)
            let (one, two) = (
                Self.request(to: [], of: tenant), Self.request(to: [], of: tenant, expiresAt: expiry)
            )
            try await site.add([one, two])
            for request in [one, two] {
                #expect(try await replay(request, site, to: destination) == .replayed([destination.lane]))
            }
            let cancelled = try await RequestSteering(site.client).cancel(
                one.id, tenant: tenant, shard: Site.shard, actor: "test")
            #expect(cancelled?.cancelled == 1)
            try await eventually {
                _ = try await site.deliveries.expire(Node.only, limit: 10)
                return try await site.client.state(two.id) == "expired"
            }
            #expect(try await replay(two, site, to: destination) == .expired)
        }
    }

    @Test func anUnroutedRequestExpiresInSilence() async throws {
        try await withSite { site in
            let tenant = try await site.tenant()
            let past = try await site.client.now() + .seconds(-1)
            let request = Self.request(to: [], of: tenant, expiresAt: past)
            try await site.add([request])
            let expiry = try await site.deliveries.expire(Node.only, limit: 10)
            #expect(expiry == .init(examined: 1, expired: 0))
            #expect(try await site.client.count("sluice.expiry") == 0)
        }
    }

    @Test func keysAndCommitsInDoubtHoldForTopics() async throws {
        try await withSite { site in
            let tenant = try await site.tenant()
            let destinations = try await destinations(site, 2, of: tenant)
            let key = Idempotency(key: [1], fingerprint: [2])
            let first = Self.request(to: destinations, of: tenant, idempotency: key)
            try await site.add([first, Self.request(to: destinations, of: tenant, idempotency: key)])
            try await site.add([first, Self.request(to: [], of: tenant)], again: true)
            #expect(try await site.client.count("sluice.request") == 2)
            #expect(try await site.client.count("sluice.ready") == 2)
        }
    }

    @Test func ordersScheduleAndExpiryHoldForTopics() async throws {
        try await withSite { site in
            let tenant = try await site.tenant()
            let ordered = try await site.destination("o", of: tenant) { $0.orderedLanes = 4 }
            let plain = try await site.destination("p", of: tenant)
            let now = try await site.client.now()
            let requests = [1, 2].map { _ in Self.request(to: [ordered, plain], of: tenant, orderedBy: "k") }
            try await site.add(requests)
            let claimed = try await site.claim()
            #expect(claimed.filter { $0.lane != plain.lane }.map(\.request) == [requests[0].id])
            #expect(claimed.filter { $0.lane == plain.lane }.map(\.request) == requests.map(\.id))
            let later = Self.request(
                to: [ordered, plain], of: tenant, dueAt: now + .seconds(60), expiresAt: now + .seconds(90))
            try await site.add([later])
            let shown = try await RequestReader(site.client).find(later.id, tenant: tenant, shard: Site.shard)
            #expect(shown?.deliveries.map(\.state) == ["scheduled", "scheduled"])
        }
    }
}
