import FoundationEssentials
import Model
import Postgres
import Requests
import SQL
import Tenants
import TestSupport
import Testing

/// Interleavings of a commit that brings work, the arm after it, and a claim that finds its lane empty or full and
/// disarms it. Whatever the order, no lane is left unarmed with work that can run.
struct ArmTests {
    /// The lane is armed and empty when the body runs, and a claim will disarm it.
    private func withEmptyArmedLane(
        maxInFlight: Int32 = 64, _ body: (Site, Destination) async throws -> Void
    ) async throws {
        try await withSite(connections: 4) { site in
            let destination = try await site.destination { $0.maxInFlight = maxInFlight }
            try await site.add(1, to: destination)
            // A lane that gives a whole quantum is not looked at again, so it stays armed.
            try await site.report(try await site.claim { $0.quantum = 1 }, .delivered)
            #expect(try await site.client.isArmed(destination.lane))
            try await body(site, destination)
            #expect(try await site.client.isArmed(destination.lane))
            #expect(try await site.client.stuckLanes() == 0)
        }
    }

    /// The claim's statement, in a transaction that stays open; returns the lanes that it disarmed.
    private func claim(_ lease: borrowing Lease, _ site: Site) async throws -> [Int64] {
        let rows = try await lease.execute(
            SQL["deliveries.claim"],
            Parameters(
                Site.shard, site.worker.uuid, Int64(1), Int32(16), Int32(256), Int64(1 << 20), Int32(128), [UUID]()))
        return try rows.filter { try Delivery($0, token: 1) == nil }.compactMap { try $0.decode(0, as: Int64?.self) }
    }

    private func store(_ requests: [NewRequest], _ site: Site) async throws {
        _ = try await site.client.execute(SQL["requests.store"], Parameters(storing: requests))
    }

    @Test func storedBeforeTheLookArmedAfterTheDisarm() async throws {
        try await withEmptyArmedLane(maxInFlight: 1) { site, destination in
            // The claim takes the one and finds the lane full; the other is there all along.
            try await store([NewRequest(to: destination), NewRequest(to: destination)], site)
            let claimed = try await site.claim()
            #expect(claimed.count == 1)
            #expect(try await site.claim().isEmpty)
            #expect(try await !site.client.isArmed(destination.lane))
            // Nobody could claim now; the lane is armed by the report that makes room.
            try await site.deliveries.arm([destination.lane])
            #expect(try await !site.client.isArmed(destination.lane))
            try await site.report(claimed, .delivered)
        }
    }

    @Test func storedAndArmedAfterTheDisarm() async throws {
        try await withEmptyArmedLane { site, destination in
            #expect(try await site.claim().isEmpty)
            #expect(try await !site.client.isArmed(destination.lane))
            try await store([NewRequest(to: destination)], site)
            try await site.deliveries.arm([destination.lane])
        }
    }

    @Test func storedAfterTheLookArmedAfterTheDisarm() async throws {
        try await withEmptyArmedLane { site, destination in
            try await site.client.withTransaction { lease in
                #expect(try await claim(lease, site) == [destination.lane.number])
                try await store([NewRequest(to: destination)], site)
            }
            try await site.deliveries.arm([destination.lane])
        }
    }

    /// Arm reads a snapshot in which the lane is armed still, and does nothing: only the second look can find the work.
    @Test func storedAndArmedBetweenTheLookAndTheDisarm() async throws {
        try await withEmptyArmedLane { site, destination in
            let disarmed = try await site.client.withTransaction { lease in
                let disarmed = try await claim(lease, site)
                try await store([NewRequest(to: destination)], site)
                try await site.deliveries.arm([destination.lane])
                return disarmed
            }
            #expect(try await site.client.stuckLanes() == 1)
            try await site.deliveries.arm(disarmed.map { LaneID(shard: Site.shard, number: $0) })
        }
    }

    @Test func aSlotGetsFreeBetweenTheLookAndTheDisarm() async throws {
        try await withEmptyArmedLane(maxInFlight: 1) { site, destination in
            try await store([NewRequest(to: destination), NewRequest(to: destination)], site)
            let flying = try await site.claim { $0.quantum = 1 }
            #expect(flying.count == 1)
            let disarmed = try await site.client.withTransaction { lease in
                let disarmed = try await claim(lease, site)
                try await site.report(flying, .delivered)
                return disarmed
            }
            #expect(disarmed == [destination.lane.number])
            #expect(try await site.client.stuckLanes() == 1)
            try await site.deliveries.arm([destination.lane])
        }
    }

    /// Two arms at once: the second waits for the first, sees what it did, and announces nothing.
    @Test func twoArmsAtOnceAnnounceOnce() async throws {
        try await withEmptyArmedLane { site, destination in
            #expect(try await site.claim().isEmpty)
            try await store([NewRequest(to: destination)], site)
            let arguments = Parameters([Site.shard], [destination.lane.number])
            let second = try await site.client.withTransaction { lease in
                let first = try await lease.execute(SQL["deliveries.arm"], arguments)
                #expect(try first[0].decode(0, as: Int32.self) == 1)
                let second = Task { try await site.client.value(SQL["deliveries.arm"], arguments, as: Int32.self) }
                try await waitForALock(in: site)
                return second
            }
            #expect(try await second.value == 0)
        }
    }

    /// What the protocol is for: armed in the transaction that stores, the lane is lost. It shows that these tests can
    /// see the fault; reconciliation mends it.
    @Test func armingInsideTheDataTransactionLosesTheLane() async throws {
        try await withEmptyArmedLane { site, destination in
            try await site.client.withTransaction { lease in
                try await lease.execute(SQL["requests.store"], Parameters(storing: [NewRequest(to: destination)]))
                try await lease.execute(
                    SQL["deliveries.arm"], Parameters([Site.shard], [destination.lane.number]))
                #expect(try await site.claim().isEmpty)
            }
            #expect(try await site.client.stuckLanes() == 1)
            #expect(try await site.deliveries.reconcile(.only) == 1)
        }
    }

    @Test func aBusyLaneCostsNoWriteAndNoLock() async throws {
        try await withSite(connections: 3) { site in
            let destination = try await site.destination()
            try await site.add(1, to: destination)
            let version = Statement("SELECT xmin::text || ctid::text FROM sluice.lane")
            let before: String = try await site.client.value(version)
            try await site.client.withTransaction { lease in
                try await lease.execute(
                    Statement("SELECT FROM sluice.lane WHERE shard = $1 AND lane_id = $2 FOR UPDATE"),
                    key(destination.lane))
                try await site.add(1, to: destination)
            }
            #expect(try await site.client.value(version) == before)
        }
    }
}
