import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

struct FairnessTests {
    /// 100 : 1 in backlog, and yet each gets its turn while it has work.
    @Test func unequalBacklogsGetEqualShares() async throws {
        try await withSite { site in
            let large = try await site.destination("large", of: try await site.tenant("a"))
            let small = try await site.destination("small", of: try await site.tenant("b"))
            try await site.add(1_000, to: large)
            try await site.add(100, to: small)
            let shares = try await shares(of: [large, small], claims: 10, in: site)
            #expect(shares == [50, 50])
            // What the small one leaves goes to the other; one claim finds it empty.
            #expect(try await self.shares(of: [large, small], claims: 16, in: site) == [100, 50])
        }
    }

    @Test func tenantsAreLeftOut() async throws {
        try await withSite { site in
            let heavy = try await site.destination("heavy", of: try await site.tenant("a"))
            let light = try await site.destination("light", of: try await site.tenant("b"))
            for destination in [heavy, light] { try await site.add(10, to: destination) }
            let claimed = try await site.claim { $0.leavingOut = [heavy.tenant] }
            #expect(claimed.count == 10 && claimed.allSatisfy { $0.lane == light.lane })
            #expect(try await site.claim().count == 10)
        }
    }

    @Test func weightsDivideShares() async throws {
        try await withSite { site in
            let destinations = [
                try await site.destination("heavy", of: try await site.tenant("a")),
                try await site.destination("light", of: try await site.tenant("b")),
            ]
            for destination in destinations { try await site.add(200, to: destination) }
            _ = try await site.client.execute(
                Statement("UPDATE sluice.lane SET weight = 3 WHERE shard = $1 AND lane_id = $2"),
                key(destinations[0].lane))
            #expect(try await shares(of: destinations, claims: 12, in: site) == [90, 30])
        }
    }

    /// Shares are the tenants': three lanes of one get together what the one of another gets.
    @Test func lanesShareWhatTheirTenantGets() async throws {
        try await withSite { site in
            let tenants = [try await site.tenant("a"), try await site.tenant("b")]
            var destinations = [try await site.destination("only", of: tenants[0])]
            for name in ["x", "y", "z"] { destinations.append(try await site.destination(name, of: tenants[1])) }
            for destination in destinations { try await site.add(200, to: destination) }
            let shares = try await shares(of: destinations, claims: 24, in: site)
            #expect(shares[0] == 120)
            #expect(shares[1...].allSatisfy { $0 == 40 })
        }
    }

    @Test func idlenessBanksNoCredit() async throws {
        try await withSite { site in
            let busy = try await site.destination("busy", of: try await site.tenant("a"))
            let idle = try await site.destination("idle", of: try await site.tenant("b"))
            try await site.add(500, to: busy)
            _ = try await shares(of: [busy], claims: 20, in: site)
            try await site.add(500, to: idle)
            #expect(try await site.client.vtime(idle.lane) == site.client.vtime(busy.lane))
            #expect(try await shares(of: [busy, idle], claims: 10, in: site) == [50, 50])
        }
    }

    /// Nor where the shard was quiet at the moment at which the lane became busy.
    @Test func idlenessBanksNoCreditOnAQuietShard() async throws {
        try await withSite { site in
            let busy = try await site.destination("busy", of: try await site.tenant("a"))
            let idle = try await site.destination("idle", of: try await site.tenant("b"))
            try await site.add(200, to: busy)
            _ = try await shares(of: [busy], claims: 21, in: site)
            #expect(try await !site.client.isArmed(busy.lane))
            try await site.add(500, to: idle)
            try await site.add(500, to: busy)
            #expect(try await shares(of: [busy, idle], claims: 10, in: site) == [50, 50])
        }
    }

    /// Claims of ten rows from one lane at a time, delivered at once.
    private func shares(of destinations: [Destination], claims: Int, in site: Site) async throws -> [Int] {
        var counts: [LaneID: Int] = [:]
        for _ in 0..<claims {
            let claimed = try await site.claim {
                $0.lanes = 1
                $0.quantum = 10
            }
            for delivery in claimed { counts[delivery.lane, default: 0] += 1 }
            if !claimed.isEmpty { try await site.report(claimed, .delivered) }
        }
        return destinations.map { counts[$0.lane, default: 0] }
    }
}
