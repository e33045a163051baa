import Circuits
import FoundationEssentials
import Model
import Postgres
import Tenants
import Testing

/// One process in the cluster runs each check, and a lost lease changes nothing.
struct HealthLeaseTests {
    private let failure = HealthReport(.failure(status: 500), latency: .milliseconds(3), error: "answered 500")

    @Test func twoProbersNeverRunTheSameCheck() async throws {
        try await withHealthSite { site in
            for number in 0..<5 {
                let destination = try await HealthSite.destination("d\(number)", site.client)
                for _ in 0..<8 { try await site.put(of: destination) }
            }
            let leased = try await withThrowingTaskGroup(of: [HealthCheckID].self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        var mine: [HealthCheckID] = []
                        // A turn that finds nothing may have met others' locks.
                        for _ in 0..<40 { mine += try await site.lease(limit: 3).map(\.record.definition.id) }
                        return mine
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(leased.count == 40)
            #expect(Set(leased).count == 40)
        }
    }

    @Test func onlyWhatIsDueIsLeased() async throws {
        try await withHealthSite { site in
            let due = try await site.put()
            let other = site.definition { $0.overrides = .init(["interval_s": .number(86_400)]) }
            try await site.store.put(other)
            #expect(try await site.lease().map(\.record.definition) == [due])
            #expect(try await site.lease().isEmpty)
        }
    }

    @Test func whoHasWaitedLongestComesFirst() async throws {
        try await withHealthSite { site in
            var expected: [HealthCheckID] = []
            for _ in 0..<4 { expected.append(try await site.put().id) }
            try await site.makeDue(expected.removeFirst())
            #expect(try await Set(site.lease(limit: 3).map(\.record.definition.id)) == Set(expected))
        }
    }

    @Test func theLeaseOfAKilledProberIsTakenOver() async throws {
        try await withHealthSite { site in
            try await site.put()
            let dead = try #require(try await site.lease().first)
            #expect(try await site.lease().isEmpty)
            try await site.expireLeases()
            let heir = try #require(
                try await site.store.lease(.only, worker: .new(), limit: 1).first)
            #expect(heir.token != dead.token)
            #expect(try await site.lease().isEmpty)

            let before = try await site.list()
            #expect(try await site.store.record(failure, dead.opinion(after: failure.result), of: dead) == false)
            #expect(try await site.store.giveBack(dead, nextAt: dead.now) == false)
            #expect(try await site.list() == before)
            #expect(try await site.lease().isEmpty)
            #expect(try await site.store.record(failure, heir.opinion(after: failure.result), of: heir))
        }
    }

    @Test func aLeaseLastsForTheTimeOutAndTheSlack() async throws {
        try await withHealthSite { site in
            try await site.put { $0.timeout = .seconds(3) }
            _ = try await site.store.lease(.only, worker: site.worker, limit: 1, slack: .seconds(20))
            let rows = try await site.client.query(
                Statement("SELECT lease_until - clock_timestamp() FROM sluice.health_check"))
            let left = try rows[0].decode(0, as: Duration.self)
            #expect(left > .seconds(15) && left <= .seconds(23))
        }
    }

    @Test func aResultIsRecordedAsTheCheckSays() async throws {
        try await withHealthSite { site in
            let definition = try await site.put()
            for (result, health) in [
                (HealthCheck.Result.success, HealthCheck.Health.up), (.failure(status: 500), .up), (.notRun, .up),
                (.failure(status: nil), .up), (.failure(status: nil), .down), (.success, .down), (.success, .up),
            ] {
                let lease = try #require(try await site.lease().first)
                let opinion = lease.opinion(after: result)
                let report = HealthReport(result, latency: .microseconds(1_250), error: result == .success ? nil : "e")
                let before = try await site.now()
                #expect(try await site.store.record(report, opinion, of: lease))
                let record = try #require(try await site.list().first)
                #expect(record.check == opinion && record.check.health == health)
                #expect(record.lastLatency == .microseconds(1_250) && record.lastError == report.error)
                #expect(record.lastAt.map { $0 >= before } == true)
                #expect(record.check.nextAt > before)
                #expect(try await site.lease().isEmpty)
                try await site.makeDue(definition.id)
            }
        }
    }

    @Test func theTimeOfALeaseIsTheDatabases() async throws {
        try await withHealthSite { site in
            try await site.put()
            let before = try await site.now()
            let lease = try #require(try await site.lease().first)
            let now = lease.now
            #expect(now >= before)
            #expect(lease.now > now)
            #expect(try await site.now() >= now)
        }
    }

    @Test func aLeaseThatIsGivenBackLeavesTheOpinion() async throws {
        try await withHealthSite { site in
            try await site.put()
            let before = try await site.list()
            let lease = try #require(try await site.lease().first)
            #expect(try await site.store.giveBack(lease, nextAt: lease.record.check.nextAt))
            #expect(try await site.list() == before)
            let again = try #require(try await site.lease().first)
            let later = again.now + .seconds(60)
            #expect(try await site.store.giveBack(again, nextAt: later))
            #expect(try await site.list().first?.check.nextAt == later)
            #expect(try await site.lease().isEmpty)
        }
    }

    @Test func onlyTheCurrentOpinionIsRemembered() async throws {
        try await withHealthSite { site in
            let definition = try await site.put()
            let lease = try #require(try await site.lease().first)
            #expect(
                try await site.store.record(
                    HealthReport(.success, latency: .zero), lease.opinion(after: .success), of: lease))
            try await site.store.remember(try #require(HealthChange(definition, .down)))
            #expect(try await site.list().first?.told == .unknown)
            try await site.store.remember(try #require(HealthChange(definition, .up)))
            #expect(try await site.list().first?.told == .up)
        }
    }

    @Test func aSharedCheckHastensThoseThatAreDown() async throws {
        try await withHealthSite { site in
            let other = try await HealthSite.destination("other", site.client)
            let up = try await site.put { $0.sharedKey = "host" }
            let down = try await site.put(of: other) { $0.sharedKey = "host" }
            let stranger = try await site.put(of: other) { $0.sharedKey = "another" }
            for lease in try await site.lease() {
                var opinion = lease.opinion(after: .success)
                if lease.record.definition.id != up.id { opinion.health = .down }
                #expect(try await site.store.record(failure, opinion, of: lease))
            }
            #expect(try await site.lease().isEmpty)
            #expect(try await site.store.hasten("host", .only) == 1)
            #expect(try await site.lease().map(\.record.definition) == [down])
            #expect(stranger.sharedKey == "another")
        }
    }

    /// What is not due costs a prober nothing but the height of an index.
    @Test func aLeaseReadsOnlyWhatIsDue() async throws {
        try await withHealthSite { site in
            try await site.put()
            _ = try await site.client.execute(
                Statement(
                    """
                    INSERT INTO sluice.health_check (shard, tenant_id, destination_id, check_id, kind, target, method, headers,
                        statuses, timeout_ms, settings, decisive, policy, next_at)
                    SELECT shard, tenant_id, gen_random_uuid(), gen_random_uuid(), kind, target, method, headers, statuses,
                        timeout_ms, settings, decisive, policy, next_at + interval '1 hour'
                    FROM sluice.health_check, generate_series(1, 20000)
                    """))
            let lease = Statement(
                """
                EXPLAIN (ANALYZE, BUFFERS, TIMING OFF)
                SELECT * FROM sluice.lease_health_checks($1, $2, 1, 10, interval '1 s')
                """)
            // The first turns of a session also make its plans.
            let plan = try await site.client.withConnection { connection in
                var lines: [String] = []
                for _ in 0..<8 {
                    try await connection.execute(Statement("BEGIN"))
                    lines = try await connection.execute(lease, Parameters([HealthSite.shard], site.worker.uuid))
                        .map { try $0.decode(0) }
                    try await connection.execute(Statement("ROLLBACK"))
                }
                return lines
            }
            #expect(plan.contains { $0.contains("rows=1 ") }, "\(plan)")
            let line = try #require(plan.first { $0.contains("Buffers: shared") })
            let buffers = line.matches(of: /(?:hit|read)=(\d+)/).compactMap { Int($0.1) }.reduce(0, +)
            #expect(1..<40 ~= buffers, "\(plan)")
        }
    }
}
