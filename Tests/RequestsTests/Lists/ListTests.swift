import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

struct ListTests {
    private static func requests(_ count: Int, to destination: Destination) -> [NewRequest] {
        (0..<count).map { _ in NewRequest(to: destination) }
    }

    private func list(
        _ site: Site, of tenant: TenantID, before cursor: RequestID? = nil, limit: Int = 10,
        _ adjust: (inout RequestFilter) -> Void = { _ in }
    ) async throws -> ListPage<RequestSummary, RequestID> {
        var filter = RequestFilter()
        adjust(&filter)
        return try await RequestReader(site.client).list(
            filter, before: cursor, limit: limit, tenant: tenant, shard: Site.shard)
    }

    @Test func pagesMeetEachOtherAndEnd() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let requests = Self.requests(7, to: destination)
            try await site.add(requests)
            var (found, cursor, sizes): ([RequestID], RequestID?, [Int]) = ([], nil, [])
            repeat {
                let page = try await list(site, of: destination.tenant, before: cursor, limit: 3)
                found += page.items.map(\.id)
                sizes.append(page.items.count)
                cursor = page.next
            } while cursor != nil
            #expect(found == requests.map(\.id).reversed())
            #expect(sizes == [3, 3, 1])
            let summary = try #require(try await list(site, of: destination.tenant).items.first)
            #expect(summary.deliveries.map(\.state) == ["waiting"] && summary.deliveries[0].destination == "d")
            #expect(summary.bytes == 2 && summary.method == "POST" && summary.path == "/hook")
        }
    }

    @Test func aPageThatEndsWithTheListHasNoNext() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            #expect(try await list(site, of: destination.tenant).next == nil)
            try await site.add(3, to: destination)
            let page = try await list(site, of: destination.tenant, limit: 3)
            #expect(page.items.count == 3 && page.next == nil)
        }
    }

    @Test func tenantsSeeTheirOwn() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let other = try await site.tenant("other")
            try await site.add(3, to: destination)
            #expect(try await list(site, of: other).items.isEmpty)
            #expect(try await list(site, of: other) { $0.destination = destination.id }.items.isEmpty)
        }
    }

    @Test func filtersByWhatBecameOfDeliveries() async throws {
        try await withSite { site in
            let tenant = try await site.tenant()
            let (destination, other) = (
                try await site.destination("a", of: tenant), try await site.destination("b", of: tenant)
            )
            var ids: [String: RequestID] = [:]
            let outcomes: [(String, Verdict, AttemptClass, Int16?)] = [
                ("delivered", .delivered, .delivered, 204), ("dead", .dead, .rejected, 410),
                ("scheduled", .retry, .timeout, nil),
            ]
            for (name, verdict, attemptClass, status) in outcomes {
                let request = NewRequest(to: destination)
                try await site.add([request])
                ids[name] = request.id
                var outcome = Outcome(verdict, attemptClass)
                (outcome.status, outcome.retryIn) = (status, verdict == .retry ? .seconds(60) : nil)
                let claimed = try await site.claim()
                _ = try await site.deliveries.report(claimed.map { Report($0, outcome) }, within: .seconds(10))
            }
            let flying = NewRequest(to: destination)
            try await site.add([flying])
            _ = try await site.claim()
            let (held, waiting) = (NewRequest(to: other), NewRequest(to: destination))
            try await site.client.setGate("hold", other.lane)
            try await site.add([held, waiting])
            (ids["in_flight"], ids["held"], ids["waiting"]) = (flying.id, held.id, waiting.id)

            for state in RequestFilter.State.allCases where ![.cancelled, .expired, .unrouted].contains(state) {
                let found = try await list(site, of: tenant) { $0.states = [state] }
                #expect(found.items.map(\.id) == [ids[state.rawValue]], "\(state)")
            }
            let both = try await list(site, of: tenant) { $0.states = [.dead, .held] }
            #expect(both.items.map(\.id) == [held.id, ids["dead"]])
            #expect(try await list(site, of: tenant) { $0.destination = other.id }.items.map(\.id) == [held.id])
            #expect(try await list(site, of: tenant) { $0.statusClass = 4 }.items.map(\.id) == [ids["dead"]])
            #expect(
                try await list(site, of: tenant) { $0.attemptClass = "timeout" }.items.map(\.id) == [ids["scheduled"]])
            let silent = try await list(site, of: tenant) { $0.statusClass = 0 }
            #expect(Set(silent.items.map(\.id)) == [ids["scheduled"], flying.id, held.id, waiting.id])
            let none = try await list(site, of: tenant) { ($0.states, $0.destination) = ([.dead], other.id) }
            #expect(none.items.isEmpty)
            #expect(try await list(site, of: tenant) { $0.topic = "t" }.items.isEmpty)
        }
    }

    @Test func filtersByTheTimeInIds() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let start = Int64(RequestID.new().uuid.milliseconds)
            let requests = (0..<5).map { index in
                NewRequest(
                    to: destination, id: RequestID(.init(high: UInt64(start + index * 10) << 16 | 0x7000, low: 1 << 63))
                )
            }
            try await site.add(requests)
            func at(_ milliseconds: Int64) -> Timestamp { Timestamp(microseconds: (start + milliseconds) * 1_000) }
            let some = try await list(site, of: destination.tenant) {
                ($0.receivedFrom, $0.receivedBefore) = (at(10), at(30))
            }
            #expect(some.items.map(\.id) == [requests[2].id, requests[1].id])
            // A millisecond that has begun is not after its middle.
            let later = try await list(site, of: destination.tenant) { $0.receivedFrom = at(40) + .microseconds(1) }
            #expect(later.items.isEmpty)
            let nothing = try await list(site, of: destination.tenant) {
                ($0.receivedFrom, $0.receivedBefore) = (at(30), at(10))
            }
            #expect(nothing.items.isEmpty && nothing.next == nil)
            let extremes = try await list(site, of: destination.tenant) {
                ($0.receivedFrom, $0.receivedBefore) = (Timestamp(microseconds: .min), Timestamp(microseconds: .max))
            }
            #expect(extremes.items.count == 5)
        }
    }
}
