import FoundationEssentials
import Model
import Postgres
import Requests
import SQL
import Tenants
import TestSupport
import Testing

/// Samples of backlogs.
struct DepthTests {
    private func sample(_ site: Site, budget: Duration = .seconds(10)) async throws -> Int32 {
        try await site.client.value(SQL["upkeep.sample_depths"], Parameters([Site.shard], budget))
    }

    private func command(_ word: String, _ destination: Destination, _ site: Site) async throws {
        _ = try await site.client.execute(
            SQL["circuits.command"],
            Parameters(
                Site.shard, destination.tenant.uuid, destination.id.uuid, word, Timestamp?.none, Int32?.none, "test",
                "because"))
    }

    private func setState(_ state: String, _ destination: Destination, _ site: Site) async throws {
        _ = try await site.client.execute(
            Statement("UPDATE sluice.circuit SET state = '\(state)' WHERE shard = $1 AND destination_id = $2"),
            Parameters(Site.shard, destination.id.uuid))
        if state != "ramping" { try await site.client.setGate("hold", destination.lane) }
    }

    @Test func tellsWhatWaitsAndBehindWhichCircuits() async throws {
        try await withSite { site in
            let tenant = try await site.tenant("a")
            let reader = StatisticsReader(site.client)
            #expect(try await reader.totals() == nil)
            #expect(try await reader.depth(of: tenant, shard: Site.shard) == nil)

            let busy = try await site.destination("busy", of: tenant)
            try await site.add(2, to: busy)
            try await site.report(site.claim(), .dead, .rejected)
            try await site.add(3, to: busy)
            #expect(try await site.claim().count == 3)
            let oldest = try await site.client.now() + .seconds(-100)
            for (state, count) in [("open", 4), ("half_open", 2), ("ramping", 1)] {
                let destination = try await site.destination(state, of: tenant)
                try await setState(state, destination, site)
                try await site.add((0..<count).map { _ in NewRequest(to: destination, dueAt: oldest) })
            }
            let paused = try await site.destination("paused", of: tenant)
            try await command("pause", paused, site)
            try await site.add(5, to: paused)
            try await command("force", try await site.destination("forced", of: tenant), site)
            // Scheduled, and of an ordered destination with several lanes.
            let ordered = try await site.ordered(4, "ordered", of: tenant)
            try await site.add(
                (0..<8).map {
                    NewRequest(to: ordered, dueAt: .now + .seconds(3_600), orderedBy: "key \($0)")
                })

            let before = try await site.client.now()
            #expect(try await sample(site) == 1)
            let found = try #require(try await reader.depth(of: tenant, shard: Site.shard))
            #expect(found.name == "a" && found.tenant == tenant && found.shard == Site.shard)
            let depth = found.depth
            #expect(depth.takenAt >= before)
            #expect(depth.waiting == 4 + 2 + 1 + 5 + 8 && depth.held == 4 + 2 + 5 && !depth.isEstimate)
            #expect(depth.inFlight == 3 && depth.dead == 2)
            #expect(depth.oldestDueAt == oldest)
            #expect(depth.destinations == 7)
            #expect([depth.closed, depth.open, depth.halfOpen, depth.ramping] == [4, 1, 1, 1])
            #expect(depth.paused == 1 && depth.forced == 1)
        }
    }

    /// The largest backlog first; of a tenant without any, a row of zeros.
    @Test func addsUpAllTenants() async throws {
        try await withSite { site in
            for (name, count) in [("few", 1), ("many", 5), ("none", 0)] {
                let destination = try await site.destination(of: try await site.tenant(name))
                if count > 0 { try await site.add(count, to: destination) }
            }
            #expect(try await sample(site) == 3)
            let reader = StatisticsReader(site.client)
            let depths = try await reader.depths(limit: 20)
            #expect(depths.map(\.name) == ["many", "few", "none"])
            #expect(depths.map(\.depth.waiting) == [5, 1, 0])
            #expect(depths.last?.depth.oldestDueAt == nil)
            #expect(try await reader.depths(limit: 2).map(\.name) == ["many", "few"])
            let totals = try #require(try await reader.totals())
            #expect(totals.waiting == 6 && totals.destinations == 3 && totals.closed == 3)
            #expect(totals.takenAt == depths.map(\.depth.takenAt).min())
            #expect(totals.oldestDueAt == depths.compactMap(\.depth.oldestDueAt).min())
        }
    }

    /// Without time a turn takes the tenant whose sample is oldest, and estimates what it has no time to count.
    @Test func tenantsTakeTurns() async throws {
        try await withSite { site in
            for name in ["a", "b", "c"] {
                try await site.add(50, to: try await site.destination(of: try await site.tenant(name)))
            }
            _ = try await site.client.execute(Statement("VACUUM ANALYZE sluice.ready"))
            let reader = StatisticsReader(site.client)
            for seen in 1...3 {
                #expect(try await sample(site, budget: .zero) == 1)
                #expect(try await reader.depths(limit: 20).count == seen)
            }
            let first = try await reader.depths(limit: 20)
            #expect(first.map(\.depth.waiting) == [50, 50, 50])
            #expect(first.allSatisfy { $0.depth.isEstimate && $0.depth.oldestDueAt != nil })
            let oldest = try #require(first.min { $0.depth.takenAt < $1.depth.takenAt })
            #expect(try await sample(site, budget: .zero) == 1)
            let again = try #require(try await reader.depth(of: oldest.tenant, shard: Site.shard))
            #expect(again.depth.takenAt > oldest.depth.takenAt)
            #expect(try await sample(site) == 3)
            #expect(try await reader.totals()?.isEstimate == false)
        }
    }

    @Test func theLeaderTakesThem() async throws {
        try await withSite { site in
            try await site.add(1, to: try await site.destination())
            let upkeep = UpkeepLoop(site.client, node: .only, retentionDays: 7, logger: quiet)
            try await withThrowingTaskGroup { group in
                group.addTask { try await upkeep.run() }
                try await eventually { try await StatisticsReader(site.client).totals()?.waiting == 1 }
                group.cancelAll()
            }
        }
    }

    @Test func aTenantSeesItsOwn() async throws {
        try await withSite { site in
            let (own, other) = (
                try await Belongings.make("own", on: site), try await Belongings.make("other", on: site)
            )
            let reader = StatisticsReader(
                site.database.client(statements: StatisticsReader.statements, acting: .api))
            try await TenantScope.run(TenantID(own.tenant)) { () async throws -> Void in
                #expect(try await reader.depths(limit: 20).map(\.name) == ["own"])
                #expect(try await reader.totals()?.destinations == 1)
                #expect(try await reader.depth(of: TenantID(other.tenant), shard: Site.shard) == nil)
                for (tenant, accepted) in [(own, 4), (other, 0)] as [(Belongings, Int64)] {
                    let minutes = try await reader.traffic(of: TenantID(tenant.tenant), shard: Site.shard, minutes: 10)
                    #expect(minutes.reduce(0) { $0 + $1.accepted } == accepted)
                }
            }
            #expect(try await reader.totals() == nil)
            await #expect(throws: PostgresError.self) {
                try await TenantScope.run(TenantID(own.tenant)) {
                    _ = try await reader.traffic(of: nil, shard: nil, minutes: 1)
                }
            }
        }
    }
}
