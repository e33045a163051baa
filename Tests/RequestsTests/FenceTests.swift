import Model
import Postgres
import Requests
import SQL
import Tenants
import TestSupport
import Testing

/// A worker that reports after it lost its lease changes nothing, whatever has become of the delivery since.
struct FenceTests {
    struct Since: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let isClaimedAgain: Bool
        let verdict: Verdict?

        init(_ description: String, claimedAgain: Bool, reported verdict: Verdict? = nil) {
            testDescription = description
            isClaimedAgain = claimedAgain
            self.verdict = verdict
        }
    }

    @Test(
        arguments: [
            Since("waits again", claimedAgain: false),
            Since("is in flight again", claimedAgain: true),
            Since("was delivered", claimedAgain: true, reported: .delivered),
            Since("is dead", claimedAgain: true, reported: .dead),
            Since("is scheduled again", claimedAgain: true, reported: .retry),
        ], [Verdict.delivered, .retry, .dead, .returned])
    func aLateReportChangesNothing(_ since: Since, _ late: Verdict) async throws {
        try await withSite { site in
            let destination = try await site.destination()
            try await site.add(1, to: destination)
            let stale = try await site.claim()
            try await site.client.expireLeases()
            #expect(try await site.deliveries.rescue(.only) == 1)
            if since.isClaimedAgain {
                let fresh = try await site.claim()
                #expect(fresh.map(\.attempt) == [2])
                if let verdict = since.verdict { try await site.report(fresh, verdict, retryIn: .seconds(60)) }
            }
            let before = try await everything(site)
            #expect(try await site.report(stale, late) == [false])
            #expect(try await everything(site) == before)
        }
    }

    /// Of the report and the rescue that reach for the same row at the same time, the second finds it gone.
    @Test func aReportThatWaitsForTheRescueFindsNothing() async throws {
        try await withSite(connections: 3) { site in
            let destination = try await site.destination()
            try await site.add(1, to: destination)
            let stale = try await site.claim()
            try await site.client.expireLeases()
            let reporter = site.database.client(statements: SQL.statements)
            let late = try await site.client.withTransaction { lease in
                let rescued = try await lease.execute(
                    SQL["deliveries.rescue"], Parameters(Node.only.shards, Int32(10)))
                #expect(rescued.count == 1)
                let report = Task {
                    try await DeliveryStore(reporter).report(
                        stale.map { Report($0, Outcome(.delivered, .delivered)) }, within: .seconds(30))
                }
                try await waitForALock(in: site)
                return report
            }
            #expect(try await late.value == [false])
            #expect(try await site.client.count("sluice.attempt", where: "verdict = 'delivered'") == 0)
            #expect(try await site.client.backlog(destination.lane) == 1)
        }
    }

    @Test func aRescueThatComesSecondFindsNothing() async throws {
        try await withSite(connections: 3) { site in
            let destination = try await site.destination()
            try await site.add(1, to: destination)
            let claimed = try await site.claim()
            try await site.client.expireLeases()
            try await site.client.withTransaction { lease in
                try await lease.execute(
                    Statement("DELETE FROM sluice.in_flight WHERE token = $1"), Parameters(claimed[0].token))
                #expect(try await site.deliveries.rescue(.only) == 0)
            }
            #expect(try await site.client.backlog(destination.lane) == 0)
        }
    }

    /// Every row of every table that a report may change.
    private func everything(_ site: Site) async throws -> [String] {
        try await site.client.execute(
            Statement(
                """
                SELECT t::text FROM sluice.ready t UNION ALL SELECT t::text FROM sluice.in_flight t
                UNION ALL SELECT t::text FROM sluice.attempt t UNION ALL SELECT t::text FROM sluice.dead_letter t
                ORDER BY 1
                """)
        ).map { try $0.decode(0) }
    }
}
