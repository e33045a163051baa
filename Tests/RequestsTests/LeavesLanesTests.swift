import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

/// A claim that took nothing says whether there was something to take, so that the worker tries again or leaves it.
struct LeavesLanesTests {
    @Test func nothingIsLeftWhereNothingCanRun() async throws {
        try await withSite { site in
            let destination = try await site.destination { $0.maxInFlight = 2 }
            #expect(try await !leavesLanes(site))
            try await site.add(3, to: destination)
            // This one yields; then the lane is full.
            #expect(try await !leavesLanes(site))
            #expect(try await !leavesLanes(site))
            try await site.client.setGate("hold", destination.lane)
            #expect(try await !leavesLanes(site))
        }
    }

    @Test func aLockedLaneIsLeft() async throws {
        try await withSite(connections: 3) { site in
            let destination = try await site.destination()
            try await site.add(3, to: destination)
            try await site.client.withTransaction { lease in
                try await lease.execute(
                    Statement("SELECT FROM sluice.lane WHERE shard = $1 AND lane_id = $2 FOR NO KEY UPDATE"),
                    key(destination.lane))
                #expect(try await leavesLanes(site))
            }
            #expect(try await site.claim().count == 3)
        }
    }

    @Test func aTenantThatIsLeftOutIsLeft() async throws {
        try await withSite { site in
            let heavy = try await site.destination("heavy", of: try await site.tenant("a"))
            let light = try await site.destination("light", of: try await site.tenant("b"))
            for destination in [heavy, light] { try await site.add(1, to: destination) }
            // What yields says nothing of others.
            #expect(try await !leavesLanes(site, leavingOut: [heavy.tenant]))
            #expect(try await leavesLanes(site, leavingOut: [heavy.tenant]))
            #expect(try await site.claim().map(\.lane) == [heavy.lane])
            #expect(try await !leavesLanes(site, leavingOut: [heavy.tenant]))
        }
    }

    /// One lane is found empty; the claim locks no more than one.
    @Test func moreLanesThanAClaimLocksAreLeft() async throws {
        try await withSite { site in
            let empty = try await site.destination("empty")
            let waiting = try await site.destination("waiting")
            for destination in [empty, waiting] { try await site.add(1, to: destination) }
            _ = try await site.client.execute(
                Statement("DELETE FROM sluice.ready WHERE shard = $1 AND lane_id = $2"), key(empty.lane))
            _ = try await site.client.execute(Statement("UPDATE sluice.lane SET vtime = lane_id"))
            var limits = DeliveryStore.ClaimLimits()
            limits.lanes = 1
            let claim = try await site.deliveries.claim(shard: Site.shard, worker: site.worker, limits: limits)
            #expect(claim.deliveries.isEmpty && claim.disarmed == [empty.lane] && claim.leavesLanes)
        }
    }

    private func leavesLanes(_ site: Site, leavingOut: [TenantID] = []) async throws -> Bool {
        var limits = DeliveryStore.ClaimLimits()
        limits.leavingOut = leavingOut
        return try await site.deliveries.claim(shard: Site.shard, worker: site.worker, limits: limits).leavesLanes
    }
}
