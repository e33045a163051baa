import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

@Suite(.serialized) struct ArmPropertyTests {
    static let limit: Int32 = 3

    @Test(.timeLimit(.minutes(5)), arguments: [1, 2, 3] as [UInt64])
    func nothingIsLostDoubledOrStuck(_ seed: UInt64) async throws {
        try await withSite(connections: 12) { site in
            let bustle = Bustle(site, destinations: try await destinations(in: site, limit: Self.limit))
            try await bustle.run(for: .seconds(3), writers: 4, claimers: 3, reporters: 3, seed: seed)
            // Every arm is over: whatever can run is armed, without a timer or reconciliation.
            #expect(try await site.client.stuckLanes() == 0)
            try await bustle.drain(seed: seed)

            #expect(bustle.stored.value.count > 5)
            #expect(bustle.highest.value.values.max() == Int64(Self.limit))
            #expect(try await site.client.count("sluice.in_flight") == 0)
            #expect(try await site.client.count("sluice.ready") == 0)
            #expect(try await site.client.stuckLanes() == 0)
            let finals: [Int64] = try await site.client.execute(
                Statement(
                    """
                    SELECT count(a.request_id) FROM sluice.request q
                    LEFT JOIN sluice.attempt a ON a.request_id = q.request_id AND a.verdict IN ('delivered', 'dead')
                    GROUP BY q.request_id
                    """)
            ).map { try $0.decode(0) }
            #expect(finals.count == bustle.stored.value.count)
            #expect(finals.allSatisfy { $0 == 1 })
        }
    }

    /// The control: the same bustle with lanes armed too early loses some, so the test above can see it.
    @Test func armingTooEarlyLeavesLanesStuck() async throws {
        try await withSite(connections: 12) { site in
            let bustle = Bustle(
                site, destinations: try await destinations(in: site, limit: 10_000), armsInsideTheTransaction: true)
            var stuck: Int64 = 0
            for seed in 1...20 where stuck == 0 {
                // Few writers, so that lanes run empty and stay as they were left.
                try await bustle.run(
                    for: .milliseconds(500), writers: 2, claimers: 4, reporters: 1, seed: UInt64(seed))
                stuck = try await site.client.stuckLanes()
            }
            #expect(stuck > 0)
        }
    }

    /// More lanes than writers, so that lanes run empty all the time.
    private func destinations(in site: Site, limit: Int32) async throws -> [Destination] {
        let tenant = try await site.tenant()
        var all: [Destination] = []
        for index in 0..<12 {
            all.append(try await site.destination("d\(index)", of: tenant) { $0.maxInFlight = limit })
        }
        return all
    }
}
