import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

struct ReplayTaskTests {
    /// Dead letters of one destination, in the order of their requests.
    private func kill(
        _ count: Int, _ destination: Destination, _ site: Site, _ attemptClass: AttemptClass = .rejected
    ) async throws -> [RequestID] {
        let requests = (0..<count).map { _ in NewRequest(to: destination) }
        try await site.add(requests)
        var left = count
        while left > 0 {
            let claimed = try await site.claim()
            left -= claimed.count
            try await site.report(claimed, .dead, attemptClass)
        }
        return requests.map(\.id)
    }

    private func start(
        _ site: Site, _ tenant: TenantID, rate: Double = 1_000, _ adjust: (inout DeadLetterFilter) -> Void = { _ in }
    ) async throws -> ReplayTask {
        var filter = DeadLetterFilter()
        adjust(&filter)
        let task = try await ReplayStore(site.client).start(
            filter, ratePerSecond: rate, tenant: tenant, shard: Site.shard, actor: "test")
        return try #require(task)
    }

    private func finish(_ task: ReplayTask, _ site: Site, _ tenant: TenantID) async throws -> ReplayTask {
        let store = ReplayStore(site.client)
        var now = task
        try await eventually {
            _ = try await store.step(task.id, tenant: tenant, shard: Site.shard)
            now = try #require(try await store.find(task.id, tenant: tenant, shard: Site.shard))
            return now.state != "running"
        }
        return now
    }

    @Test func replaysWhatTheFilterNames() async throws {
        try await withSite { site in
            let tenant = try await site.tenant()
            let (a, b) = (try await site.destination("a", of: tenant), try await site.destination("b", of: tenant))
            _ = try await kill(3, a, site)
            _ = try await kill(2, a, site, .timeout)
            _ = try await kill(4, b, site)
            let store = ReplayStore(site.client)
            var filter = DeadLetterFilter()
            (filter.destination, filter.attemptClass) = (a.id, "rejected")
            let counted = try await store.count(filter, tenant: tenant, shard: Site.shard)
            #expect(counted.count == 3 && counted.isExact)
            let estimate = try await store.count(filter, tenant: tenant, shard: Site.shard, examine: 2)
            #expect(estimate.count == 2 || estimate.count == 3)
            #expect(!estimate.isExact)

            let done = try await finish(try await start(site, tenant) { $0 = filter }, site, tenant)
            #expect(done.state == "done" && done.replayed == 3 && done.examined == 9 && done.endedAt != nil)
            #expect(try await site.client.backlog(a.lane) == 3)
            #expect(try await site.client.backlog(b.lane) == 0)
            #expect(try await site.client.count("sluice.dead_letter") == 6)
            #expect(try await site.client.isArmed(a.lane))
            let claimed = try await site.claim()
            #expect(claimed.map(\.attempt) == [1, 1, 1])
        }
    }

    @Test func byTheTimeOfDeath() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            _ = try await kill(2, destination, site)
            let middle = try await site.client.now()
            _ = try await kill(3, destination, site)
            for (adjust, count) in [
                ({ $0.deadBefore = middle }, 2), ({ $0.deadFrom = middle }, 3),
            ] as [((inout DeadLetterFilter) -> Void, Int64)] {
                var filter = DeadLetterFilter()
                adjust(&filter)
                let counted = try await ReplayStore(site.client).count(
                    filter, tenant: destination.tenant, shard: Site.shard)
                #expect(counted.count == count)
            }
            let task = try await start(site, destination.tenant) { $0.deadBefore = middle }
            #expect(try await finish(task, site, destination.tenant).replayed == 2)
        }
    }

    /// What it replays and what dies again meanwhile is not replayed twice: not even when it starts over.
    @Test func replaysNoneTwice() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let dead = try await kill(10, destination, site)
            let store = ReplayStore(site.client)
            let task = try await start(site, destination.tenant)
            var replayed: [RequestID] = []
            for _ in 0..<8 {
                _ = try await eventuallyStep(store, task, destination, rows: 3)
                let claimed = try await site.claim()
                replayed += claimed.map(\.request)
                try await site.report(claimed, .dead, .rejected)
            }
            #expect(replayed == dead)
            let ended = try await store.find(task.id, tenant: destination.tenant, shard: Site.shard)
            #expect(ended?.state == "done" && ended?.replayed == 10)
            #expect(try await site.client.count("sluice.dead_letter") == 10)
        }
    }

    /// A step whose process dies before the commit has not been; one whose commit was not heard of has been once.
    @Test func survivesADeathBetweenSteps() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let dead = try await kill(6, destination, site)
            let store = ReplayStore(site.client)
            let task = try await start(site, destination.tenant)
            try await eventually {
                try await store.step(task.id, tenant: destination.tenant, shard: Site.shard, rows: 1) != nil
            }
            let step = Statement("SELECT sluice.advance_replay($1, $2, $3, 2, 100)")
            let parameters = Parameters(Site.shard, destination.tenant.uuid, task.id.uuid)
            await #expect(throws: NeverHappened.self) {
                try await site.client.withTransaction { lease in
                    try await lease.execute(step, parameters)
                    throw NeverHappened("the process dies")
                }
            }
            #expect(try await site.client.backlog(destination.lane) == 1)
            // Nobody has armed what this one moved.
            try await eventually {
                _ = try await site.client.execute(step, parameters)
                return try await site.client.backlog(destination.lane) >= 2
            }
            let done = try await finish(task, site, destination.tenant)
            #expect(done.replayed == 6)
            _ = try await site.deliveries.reconcile(.only)
            #expect(Set(try await site.claim().map(\.request)) == Set(dead))
        }
    }

    @Test func keepsToItsRate() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            _ = try await kill(20, destination, site)
            let task = try await start(site, destination.tenant, rate: 5)
            _ = try await site.client.execute(
                Statement("UPDATE sluice.replay SET tokens = 0, tokens_at = clock_timestamp() - interval '1 hour'"))
            let store = ReplayStore(site.client)
            let start = ContinuousClock.now
            #expect(try await store.step(task.id, tenant: destination.tenant, shard: Site.shard) == 5)
            let next = try await store.step(task.id, tenant: destination.tenant, shard: Site.shard)
            // A slow machine may have earned more meanwhile.
            #expect(next == nil || .now - start >= .milliseconds(200))
        }
    }

    /// A search for few among many goes on from where it stood.
    @Test func examinesABoundedNumber() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            _ = try await kill(7, destination, site)
            let last = try await kill(1, destination, site, .timeout)
            let task = try await start(site, destination.tenant) { $0.attemptClass = "timeout" }
            let store = ReplayStore(site.client)
            for moved in [0, 0, 1] {
                #expect(
                    try await store.step(task.id, tenant: destination.tenant, shard: Site.shard, examine: 3) == moved)
            }
            #expect(try await site.claim().map(\.request) == last)
        }
    }

    @Test func leavesWhatHasExpired() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let expiry = try await site.client.now() + .milliseconds(200)
            let request = NewRequest(to: destination, expiresAt: expiry)
            try await site.add([request])
            try await site.report(try await site.claim(), .dead, .rejected)
            try await eventually { try await site.client.now() > expiry }
            let done = try await finish(try await start(site, destination.tenant), site, destination.tenant)
            #expect(done.replayed == 0 && done.expired == 1)
            #expect(try await site.client.state(request.id) == "dead")
        }
    }

    @Test func isCancelledOnceAndBounded() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let (tenant, store) = (destination.tenant, ReplayStore(site.client))
            _ = try await kill(2, destination, site)
            let task = try await start(site, tenant)
            let other = try await site.tenant("other")
            #expect(try await store.cancel(task.id, tenant: other, shard: Site.shard) == false)
            #expect(try await store.find(task.id, tenant: other, shard: Site.shard) == nil)
            #expect(try await store.cancel(task.id, tenant: tenant, shard: Site.shard))
            #expect(try await store.cancel(task.id, tenant: tenant, shard: Site.shard) == false)
            #expect(try await store.step(task.id, tenant: tenant, shard: Site.shard) == nil)
            #expect(try await site.client.count("sluice.dead_letter") == 2)
            for _ in 0..<8 { _ = try await start(site, tenant) }
            let ninth = try await store.start(.init(), ratePerSecond: 1, tenant: tenant, shard: Site.shard, actor: "x")
            #expect(ninth == nil)
            let page = try await store.list(before: nil, limit: 5, tenant: tenant, shard: Site.shard)
            #expect(page.items.count == 5 && page.next == page.items.last?.id)
            let rest = try await store.list(before: page.next, limit: 5, tenant: tenant, shard: Site.shard)
            #expect(rest.items.count == 4 && rest.next == nil)
        }
    }

    @Test func lettersHavePages() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let dead = try await kill(5, destination, site)
            let store = ReplayStore(site.client)
            var (found, position): ([RequestID], DeadLetter.Position?) = ([], nil)
            repeat {
                let page = try await store.letters(
                    .init(), before: position, limit: 2, tenant: destination.tenant, shard: Site.shard)
                found += page.items.map(\.position.request)
                position = page.next
            } while position != nil
            #expect(found == dead.reversed())
            let other = try await site.tenant("other")
            #expect(
                try await store.letters(.init(), before: nil, limit: 2, tenant: other, shard: Site.shard).items.isEmpty)
        }
    }

    /// The rate's tokens come with time.
    private func eventuallyStep(
        _ store: ReplayStore, _ task: ReplayTask, _ destination: Destination, rows: Int32
    ) async throws -> Int {
        var moved = 0
        try await eventually {
            moved = try await store.step(task.id, tenant: destination.tenant, shard: Site.shard, rows: rows) ?? 0
            let state = try await store.find(task.id, tenant: destination.tenant, shard: Site.shard)?.state
            return moved > 0 || state != "running"
        }
        return moved
    }
}
