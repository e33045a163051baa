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

    @Test(.timeLimit(.minutes(1))) func holdsAtEveryCommit() async throws {
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

    /// Only a claim adds to what is in flight, and it holds the lane's lock: what it sees before its commit is the most
    /// that can be there at the commit.
    private func claim(_ site: Site, token: Int64, seeing highest: Shared<Int64>) async throws -> [Delivery] {
        try await site.client.withTransaction { lease in
            let rows = try await lease.execute(
                SQL["deliveries.claim"],
                Parameters(
                    Site.shard, site.worker.uuid, token, Int32(16), Int32(256), Int64(1 << 20), Int32(3)))
            let seen = try await lease.execute(Statement("SELECT count(*) FROM sluice.in_flight"))
            let count: Int64 = try seen[0].decode(0)
            highest.update { $0 = max($0, count) }
            return try rows.compactMap { try Delivery($0, token: token) }
        }
    }
}
