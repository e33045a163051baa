import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

struct OrderedLaneTests {
    @Test func aRetryKeepsItsPlace() async throws {
        try await withSite { site in
            let destination = try await site.ordered(1)
            let ids = try await site.addInOrder(3, to: destination, key: "k")
            #expect(try await site.claim().isEmpty == false)
            #expect(try await site.claim().isEmpty)
            try await site.client.expireLeases()
            #expect(try await site.deliveries.rescue(.only) == 1)
            for attempt in 2...3 as ClosedRange<Int16> {
                let claimed = try await site.claim()
                #expect(claimed.map(\.request) == [ids[0]] && claimed.map(\.attempt) == [attempt])
                try await site.report(claimed, .retry, .timeout, retryIn: .seconds(60))
                #expect(try await site.claimDue().isEmpty)
                #expect(try await site.client.state(ids[0]) == "waiting")
                #expect(try await !site.client.isArmed(destination.lane))
                let due: Timestamp = try await site.client.value(Statement("SELECT next_due_at FROM sluice.lane"))
                #expect(due > (try await site.client.now()) + .seconds(50))
                try await site.endBlocks(of: destination)
            }
            for id in ids {
                let claimed = try await site.claim()
                #expect(claimed.map(\.request) == [id])
                try await site.report(claimed, .delivered)
            }
            #expect(try await site.client.stuckLanes() == 0)
        }
    }

    @Test func whatIsHandedBackKeepsItsPlace() async throws {
        try await withSite { site in
            let ids = try await site.addInOrder(2, to: try await site.ordered(1), key: "k")
            try await site.report(try await site.claim(), .returned, .cancelled)
            #expect(try await site.claim().map(\.request) == [ids[0]])
        }
    }

    @Test func aBlockedLaneHoldsNoOther() async throws {
        try await withSite { site in
            let destination = try await site.ordered(4)
            let keys = destination.keys
            var ids: [[RequestID]] = []
            for key in keys { ids.append(try await site.addInOrder(2, to: destination, key: key)) }
            let first = try await site.claim()
            #expect(Set(first.map(\.request)) == Set(ids.map { $0[0] }) && first.count == 4)
            let (failing, others) = (first.filter { $0.request == ids[1][0] }, first.filter { $0.request != ids[1][0] })
            try await site.report(failing, .retry, .timeout, retryIn: .seconds(60))
            try await site.report(others, .delivered)
            let second = try await site.claim()
            #expect(Set(second.map(\.request)) == Set([0, 2, 3].map { ids[$0][1] }))
        }
    }

    /// A dead letter, a cancel and an end in time let the lane go on at once, though its wait is not over.
    @Test(arguments: ["dead", "cancelled", "expired"])
    func theEndOfTheFirstLetsTheNextGo(_ end: String) async throws {
        try await withSite { site in
            let destination = try await site.ordered(1)
            let expiry = try await site.client.now() + .milliseconds(400)
            let first = NewRequest(to: destination, expiresAt: end == "expired" ? expiry : nil, orderedBy: "k")
            try await site.add([first])
            let next = try await site.addInOrder(1, to: destination, key: "k")
            try await site.report(
                try await site.claim(), .retry, .timeout, retryIn: end == "dead" ? .zero : .seconds(60))
            switch end {
            case "dead": try await site.report(try await site.claim(), .dead, .rejected)
            case "cancelled":
                #expect(try await site.claimDue().isEmpty)
                _ = try await RequestSteering(site.client).cancel(
                    first.id, tenant: first.tenant, shard: Site.shard, actor: "test")
            default:
                try await eventually { try await site.client.now() > expiry }
                #expect(try await site.claimDue().isEmpty)
                _ = try await site.deliveries.expire(.only, limit: 10)
            }
            #expect(try await site.client.state(first.id) == end)
            #expect(try await site.claimDue().map(\.request) == next)
        }
    }

    /// The end of another delivery of the lane does not.
    @Test func aCancelOfALaterOneShortensNoWait() async throws {
        try await withSite { site in
            let destination = try await site.ordered(1)
            let ids = try await site.addInOrder(2, to: destination, key: "k")
            try await site.report(try await site.claim(), .retry, .timeout, retryIn: .seconds(60))
            _ = try await RequestSteering(site.client).cancel(
                ids[1], tenant: destination.tenant, shard: Site.shard, actor: "test")
            #expect(try await site.claimDue().isEmpty)
        }
    }

    @Test func aReplayGoesToTheEnd() async throws {
        try await withSite { site in
            let destination = try await site.ordered(1)
            let ids = try await site.addInOrder(2, to: destination, key: "k")
            try await site.report(try await site.claim(), .dead, .rejected)
            _ = try await RequestSteering(site.client).replay(
                ids[0], to: nil, tenant: destination.tenant, shard: Site.shard, actor: "test")
            for id in [ids[1], ids[0]] {
                let claimed = try await site.claim()
                #expect(claimed.map(\.request) == [id])
                try await site.report(claimed, .delivered)
            }
        }
    }

    @Test func theRateIsDividedOverTheLanes() async throws {
        try await withSite { site in
            let destination = try await site.destination {
                $0.orderedLanes = 4
                $0.ratePerSecond = 2
                $0.rateBurst = 8
            }
            let rows = try await site.client.query(
                Statement("SELECT rate_per_second, rate_burst, max_in_flight FROM sluice.lane"))
            #expect(rows.count == 4 && destination.lanes.count == 4)
            for row in rows {
                #expect(try row.decode(0) == 0.5 && row.decode(1) == Int32(2) && row.decode(2) == Int32(1))
            }
            // Neither made anew nor lost by a change; another number is not taken.
            let changed = try await site.ordered(4, of: destination.tenant)
            #expect(changed.lanes == destination.lanes)
            await #expect(throws: StaleDestination.self) { try await site.ordered(5, of: destination.tenant) }
        }
    }
}
