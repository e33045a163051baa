import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

struct ClaimTests {
    struct Bound: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var limits = DeliveryStore.ClaimLimits()
        var maxInFlight: Int32 = 10_000
        let expected: Int

        init(
            _ name: String, yields expected: Int, maxInFlight: Int32 = 10_000,
            _ adjust: (inout DeliveryStore.ClaimLimits) -> Void = { _ in }
        ) {
            testDescription = name
            self.expected = expected
            self.maxInFlight = maxInFlight
            adjust(&limits)
        }
    }

    /// Of 40 rows of 1,000 bytes.
    @Test(arguments: [
        Bound("nothing binds", yields: 40),
        Bound("quantum", yields: 7) { $0.quantum = 7 },
        Bound("rows", yields: 9) { $0.rows = 9 },
        Bound("bytes, the row that passes the bound included", yields: 6) { $0.bytes = 5_500 },
        Bound("a row larger than all the bytes still moves", yields: 1) { $0.bytes = 1 },
        Bound("the lane's limit", yields: 12, maxInFlight: 12),
    ])
    func takesNoMoreThan(_ bound: Bound) async throws {
        try await withSite { site in
            let destination = try await site.destination { $0.maxInFlight = bound.maxInFlight }
            try await site.add(40, to: destination, bytes: 1_000)
            #expect(try await site.claim { $0 = bound.limits }.count == bound.expected)
            #expect(try await site.client.inFlight(destination.lane) == Int64(bound.expected))
            #expect(try await site.client.backlog(destination.lane) == Int64(40 - bound.expected))
        }
    }

    /// The first lane was found empty, the second was cut off, the third not reached.
    @Test func aFullClaimLeavesArmedWhatItDidNotExhaust() async throws {
        try await withSite { site in
            var destinations: [Destination] = []
            for (index, count) in [2, 5, 5].enumerated() {
                destinations.append(try await site.destination("d\(index)"))
                try await site.add(count, to: destinations[index])
            }
            _ = try await site.client.execute(Statement("UPDATE sluice.lane SET vtime = lane_id"))
            let lanes = destinations.map(\.lane)
            #expect(try await site.claim { $0.rows = 4 }.map(\.lane) == [lanes[0], lanes[0], lanes[1], lanes[1]])
            for (lane, isArmed) in zip(lanes, [false, true, true]) {
                #expect(try await site.client.isArmed(lane) == isArmed)
            }
        }
    }

    @Test func takesTheOldestFirst() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let now = try await site.client.now()
            let requests = [3, 1, 2].map { NewRequest(to: destination, dueAt: now + .seconds(-$0)) }
            try await site.add(requests)
            #expect(try await site.claim { $0.rows = 2 }.map(\.request) == [requests[0].id, requests[2].id])
        }
    }

    @Test func aFullLaneTakesWhatItsReportsFree() async throws {
        try await withSite { site in
            let destination = try await site.destination { $0.maxInFlight = 5 }
            try await site.add(12, to: destination)
            let first = try await site.claim()
            #expect(first.count == 5)
            #expect(try await site.claim().isEmpty)
            #expect(try await !site.client.isArmed(destination.lane))
            try await site.report(Array(first.prefix(2)), .delivered)
            #expect(try await site.client.isArmed(destination.lane))
            #expect(try await site.claim().count == 2)
        }
    }

    @Test func aClosedGateHoldsEverything() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let request = NewRequest(to: destination)
            try await site.add([request])
            try await site.client.setGate("hold", destination.lane)
            try await site.add(3, to: destination)
            #expect(try await site.claim().isEmpty)
            #expect(try await site.client.state(request.id) == "held")
            #expect(try await site.deliveries.armDue(.only).isEmpty)
            _ = try await site.deliveries.reconcile(.only)
            #expect(try await site.claim().isEmpty)
            try await site.client.setGate("pass", destination.lane)
            #expect(try await site.claim().count == 4)
        }
    }

    /// A thousand seconds a token: time adds none while the test runs.
    @Test func theRateBoundsABurst() async throws {
        try await withSite { site in
            let destination = try await site.destination {
                $0.ratePerSecond = 0.001
                $0.rateBurst = 5
            }
            try await site.add(8, to: destination)
            #expect(try await site.claim { $0.rows = 2 }.count == 2)
            let rest = try await site.claim()
            #expect(rest.count == 3)
            try await site.report(rest, .delivered)
            #expect(try await site.claim().isEmpty)
            #expect(try await !site.client.isArmed(destination.lane))

            let wait: Duration = try await site.client.value(
                Statement("SELECT next_due_at - clock_timestamp() FROM sluice.lane"))
            #expect(wait > .seconds(900) && wait <= .seconds(1_000))
            // As if those thousand seconds were over.
            _ = try await site.client.execute(
                Statement("UPDATE sluice.lane SET tokens_at = tokens_at - $1, next_due_at = next_due_at - $1"),
                Parameters(Duration.seconds(1_000)))
            #expect(try await site.deliveries.armDue(.only) == [Site.shard])
            #expect(try await site.claim().count == 1)
        }
    }

    @Test func aLockedLaneIsPassedOver() async throws {
        try await withSite(connections: 3) { site in
            let locked = try await site.destination("locked")
            let free = try await site.destination("free")
            try await site.add(3, to: locked)
            try await site.add(2, to: free)
            try await site.client.withTransaction { lease in
                try await lease.execute(
                    Statement("SELECT FROM sluice.lane WHERE shard = $1 AND lane_id = $2 FOR NO KEY UPDATE"),
                    key(locked.lane))
                let claimed = try await site.claim()
                #expect(claimed.count == 2)
                #expect(claimed.allSatisfy { $0.lane == free.lane })
            }
            #expect(try await site.claim().allSatisfy { $0.lane == locked.lane })
        }
    }

    @Test func leasesSpanTheTimeoutAndSlack() async throws {
        try await withSite { site in
            let destination = try await site.destination { $0.timeout = .milliseconds(2_500) }
            try await site.add(1, to: destination)
            _ = try await site.claim()
            let lease: Duration = try await site.client.value(
                Statement("SELECT lease_until - claimed_at FROM sluice.in_flight"))
            #expect(lease == .milliseconds(17_500))
        }
    }
}
