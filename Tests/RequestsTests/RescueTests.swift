import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

struct RescueTests {
    @Test func aLostAttemptIsCountedAndLogged() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let request = NewRequest(to: destination)
            try await site.add([request])
            for attempt in 1...3 as ClosedRange<Int16> {
                #expect(try await site.claim().map(\.attempt) == [attempt])
                #expect(try await site.claim().isEmpty)
                #expect(try await !site.client.isArmed(destination.lane))
                try await site.client.expireLeases()
                #expect(try await site.deliveries.rescue(.only) == 1)
                #expect(try await site.client.isArmed(destination.lane))
                #expect(try await site.client.state(request.id) == "waiting")
            }
            let record = try #require(
                try await RequestReader(site.client).find(request.id, tenant: request.tenant, shard: Site.shard))
            #expect(record.attempts.map(\.number) == [1, 2, 3])
            #expect(record.attempts.allSatisfy { $0.attemptClass == "lost" && $0.verdict == "retry" })
            #expect(record.deliveries.map(\.attempts) == [3])
        }
    }

    @Test func aLiveLeaseIsLeftAlone() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            try await site.add(5, to: destination)
            #expect(try await site.claim().count == 5)
            #expect(try await site.deliveries.rescue(.only) == 0)
            #expect(try await site.client.inFlight(destination.lane) == 5)
        }
    }

    @Test func takesNoMoreThanItsLimitAtATime() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            try await site.add(5, to: destination)
            _ = try await site.claim()
            try await site.client.expireLeases()
            for rescued in [2, 2, 1, 0] { #expect(try await site.deliveries.rescue(.only, limit: 2) == rescued) }
            #expect(try await site.client.backlog(destination.lane) == 5)
        }
    }
}
