import FoundationEssentials
import Model
import Postgres
import Requests
import SQL
import Tenants
import TestSupport
import Testing

/// Locking a lane and counting what is in flight in one statement would read a stale count.
struct InFlightLimitTests {
    static let limit: Int32 = 5
    static let deliveries = 400

    @Test(.timeLimit(.minutes(5))) func holdsAtEveryCommit() async throws {
        try await withSite(connections: 10) { site in
            let destination = try await site.destination { $0.maxInFlight = Self.limit }
            try await site.add(Self.deliveries, to: destination)
            let left = Shared(Self.deliveries)
            let highest = Shared<Int64>(0)
            try await withThrowingTaskGroup { group in
                for index in 0..<8 {
                    group.addTask {
                        while left.value > 0 {
                            let claimed = try await claim(site, token: Int64(index), seeing: highest)
                            try await site.deliveries.arm([destination.lane])
                            guard !claimed.isEmpty else { continue }
                            try await site.report(claimed, .delivered)
                            left.update { $0 -= claimed.count }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(highest.value == Int64(Self.limit))
            #expect(try await site.client.count("sluice.attempt", where: "verdict = 'delivered'") == 400)
            #expect(try await site.client.count("sluice.in_flight") == 0)
        }
    }

    /// Over all lanes of a tenant, which different claims lock; another tenant's lanes are claimed beside.
    @Test(.timeLimit(.minutes(5))) func aTenantsHoldsOverItsLanes() async throws {
        try await withSite(connections: 10) { site in
            var destinations: [Destination] = []
            for index in 0..<4 { destinations.append(try await site.destination("d\(index)")) }
            try await site.setInFlight(Self.limit, of: "t")
            destinations.append(try await site.destination("late"))
            for destination in destinations { try await site.add(Self.deliveries / 5, to: destination) }
            let lanes = destinations.map(\.lane)
            let left = Shared(Self.deliveries)
            let highest = Shared<Int64>(0)
            try await withThrowingTaskGroup { group in
                for index in 0..<8 {
                    group.addTask {
                        while left.value > 0 {
                            // One lane a claim, so that they run beside each other.
                            let claimed = try await claim(site, token: Int64(index), lanes: 1, seeing: highest)
                            try await site.deliveries.arm(lanes)
                            guard !claimed.isEmpty else { continue }
                            try await site.report(claimed, .delivered)
                            left.update { $0 -= claimed.count }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(highest.value == Int64(Self.limit))
            #expect(try await site.client.count("sluice.in_flight") == 0)
        }
    }

    /// A report of one lane wakes the others: they were disarmed because the tenant was full.
    @Test func aSlotIsFreeForAllLanesOfItsTenant() async throws {
        try await withSite { site in
            let (first, second) = (try await site.destination("a"), try await site.destination("b"))
            let other = try await site.destination("c", of: try await site.tenant("other"))
            try await site.setInFlight(2, of: "t")
            try await site.add(2, to: first)
            #expect(try await site.claim().count == 2)
            try await site.add(3, to: second)
            try await site.add(3, to: other)
            let claimed = try await site.claim()
            #expect(claimed.count == 3 && claimed.allSatisfy { $0.lane == other.lane })
            #expect(try await site.claim().isEmpty)
            #expect(try await !site.client.isArmed(second.lane))
            #expect(try await site.client.stuckLanes() == 0)
            let flying = try await site.client.query(
                Statement("SELECT request_id, token FROM sluice.in_flight WHERE lane_id = $1 LIMIT 1"),
                Parameters(first.lane.number))
            _ = try await site.client.execute(
                Statement("DELETE FROM sluice.in_flight WHERE request_id = $1"),
                Parameters(try flying[0].decode(0, as: UUID.self)))
            // Of the lane whose delivery it was.
            try await site.deliveries.arm([first.lane])
            #expect(try await site.client.isArmed(second.lane))
            #expect(try await site.claim().map(\.lane) == [second.lane])
        }
    }

    /// Only a claim adds to what is in flight, and it holds the lane's lock: what it sees before its commit is the most
    /// that can be there at the commit.
    private func claim(
        _ site: Site, token: Int64, lanes: Int32 = 16, seeing highest: Shared<Int64>
    ) async throws -> [Delivery] {
        try await site.client.withTransaction { lease in
            let rows = try await lease.execute(
                SQL["deliveries.claim"],
                Parameters(
                    Site.shard, site.worker.uuid, token, lanes, Int32(256), Int64(1 << 20), Int32(3),
                    [UUID]()))
            let seen = try await lease.execute(Statement("SELECT count(*) FROM sluice.in_flight"))
            let count: Int64 = try seen[0].decode(0)
            highest.update { $0 = max($0, count) }
            return try rows.compactMap { try Delivery($0, token: token) }
        }
    }
}

extension Site {
    fileprivate func setInFlight(_ limit: Int32, of tenant: String) async throws {
        try await tenants.changeQuotas(["max_in_flight": Double(limit)], of: tenant)
    }
}
