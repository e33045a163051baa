import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

struct TimerTests {
    @Test func aScheduledLaneIsArmedWhenItsTimeHasCome() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let now = try await site.client.now()
            try await site.add([30, 10, 20].map { NewRequest(to: destination, dueAt: now + .seconds($0)) })
            #expect(try await site.client.value(nextDue) == now + .seconds(10))
            #expect(try await site.deliveries.armDue(.only).isEmpty)
            try await pass(.seconds(10), in: site)
            #expect(try await site.deliveries.armDue(.only) == [Site.shard])
            #expect(try await site.claim().count == 1)
            #expect(try await site.claim().isEmpty)
            #expect(try await !site.client.isArmed(destination.lane))
            #expect(try await site.client.value(nextDue) == now + .seconds(10))
        }
    }

    @Test func anEarlierRequestMovesTheTimerForward() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let now = try await site.client.now()
            for (due, next) in [(60, 60), (90, 60), (30, 30)] {
                try await site.add([NewRequest(to: destination, dueAt: now + .seconds(due))])
                #expect(try await site.client.value(nextDue) == now + .seconds(next))
            }
            try await site.add([NewRequest(to: destination)])
            #expect(try await site.client.isArmed(destination.lane))
        }
    }

    @Test func aRetryIsNotClaimedBeforeItsTime() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            try await site.add(1, to: destination)
            try await site.report(try await site.claim(), .retry, .timeout, retryIn: .seconds(60))
            #expect(try await site.claim().isEmpty)
            try await pass(.seconds(60), in: site)
            #expect(try await site.deliveries.armDue(.only) == [Site.shard])
            let again = try await site.claim()
            #expect(again.map(\.attempt) == [2])
        }
    }

    @Test func reconciliationArmsWhatACrashLeftUnarmed() async throws {
        try await withSite { site in
            let tenant = try await site.tenant()
            var destinations: [Destination] = []
            for name in ["a", "b", "c", "empty"] { destinations.append(try await site.destination(name, of: tenant)) }
            for destination in destinations.dropLast() { try await site.add(2, to: destination) }
            _ = try await site.client.execute(Statement("UPDATE sluice.lane SET armed = false"))
            #expect(try await site.client.stuckLanes() == 3)
            #expect(try await site.deliveries.reconcile(.only) == 1)
            #expect(try await site.client.stuckLanes() == 0)
            #expect(try await !site.client.isArmed(destinations[3].lane))
            #expect(try await site.deliveries.reconcile(.only) == 0)
        }
    }

    private let nextDue = Statement("SELECT next_due_at FROM sluice.lane")

    /// Sets everything that is due that much earlier, which is the same as waiting.
    private func pass(_ time: Duration, in site: Site) async throws {
        for table in ["ready SET due_at = due_at", "lane SET next_due_at = next_due_at"] {
            _ = try await site.client.execute(Statement("UPDATE sluice.\(table) - $1"), Parameters(time))
        }
    }
}
