import Circuits
import Model
import Postgres
import Tenants
import Testing

/// What is kept of health checks, and what is refused.
struct HealthStoreTests {
    @Test func aCheckComesBackAsItWasPut() async throws {
        try await withHealthSite { site in
            var headers = HeaderLines()
            headers.append("X-Token", "a: b")
            let definition = site.definition { definition in
                definition.target = "https://example.org/health?deep=1"
                definition.exchange.method = "HEAD"
                definition.exchange.headers = headers
                definition.exchange.statuses = [200, 418]
                definition.exchange.bodyContains = "gr\u{fc}n"
                definition.timeout = .milliseconds(1_500)
                definition.overrides = .init(["interval_s": .number(10), "rise": .number(3)])
                definition.decisive = [503]
                definition.policy = .direct
                definition.sharedKey = "host-a"
            }
            let before = try await site.now()
            try await site.store.put(definition)
            let after = try await site.now()
            let record = try #require(try await site.list().first)
            #expect(record.definition == definition)
            #expect(record.check.health == .unknown && record.told == .unknown)
            // The first run comes at random within an interval.
            #expect(record.check.nextAt >= before && record.check.nextAt < after + .seconds(10))
            #expect(record.lastAt == nil && record.lastLatency == nil && record.lastError == nil)
            #expect(try definition.settings().decisive == [503])
        }
    }

    @Test func theSameAgainChangesNothing() async throws {
        try await withHealthSite { site in
            let definition = try await site.put()
            let lease = try #require(try await site.lease().first)
            let opinion = lease.opinion(after: .success)
            #expect(try await site.store.record(HealthReport(.success, latency: .zero), opinion, of: lease))
            let before = try await site.list()
            try await site.store.put(definition)
            #expect(try await site.list() == before)
            #expect(before.first?.check.health == .up)
        }
    }

    @Test func aChangedCheckFormsItsOpinionAnew() async throws {
        try await withHealthSite { site in
            var definition = try await site.put()
            let first = try #require(try await site.lease().first)
            let report = HealthReport(.success, latency: .milliseconds(5), error: "noise")
            #expect(try await site.store.record(report, first.opinion(after: .success), of: first))
            try await site.store.remember(try #require(HealthChange(definition, .up)))
            try await site.makeDue(definition.id)
            let second = try #require(try await site.lease().first)
            #expect(second.record.told == .up)

            definition.timeout = .seconds(1)
            try await site.store.put(definition)
            let changed = try #require(try await site.list().first)
            #expect(changed.definition == definition)
            #expect(changed.check.health == .unknown && changed.check.okRun == 0 && changed.told == .unknown)
            #expect(changed.lastAt == nil && changed.lastError == nil)
            // The run that was under way looked at something else.
            #expect(try await site.store.record(report, second.opinion(after: .success), of: second) == false)
            #expect(try await site.list() == [changed])
        }
    }

    @Test func aDeletedCheckIsGone() async throws {
        try await withHealthSite { site in
            let definition = try await site.put()
            let lease = try #require(try await site.lease().first)
            let other = try await HealthSite.destination("other", site.client)
            for (tenant, wasThere) in [(other.tenant, false), (definition.tenant, true), (definition.tenant, false)] {
                let deleted = try await site.store.delete(
                    definition.id, of: definition.destination, tenant: tenant, shard: HealthSite.shard)
                #expect(deleted == wasThere)
            }
            #expect(try await site.list().isEmpty)
            let report = HealthReport(.success, latency: .zero)
            #expect(try await site.store.record(report, lease.opinion(after: .success), of: lease) == false)
        }
    }

    /// What must not be stored, and the constraint that says so.
    static let refused: [(constraint: String, adjust: @Sendable (inout HealthCheckDefinition) -> Void)] = [
        ("target_is_of_its_kind", { $0.target = "ftp://a" }),
        ("target_is_of_its_kind", { $0.target = "http:///up" }),
        ("target_is_of_its_kind", { $0.target = "http://a/b c" }),
        ("target_is_of_its_kind", { $0.kind = .tcp }),
        ("target_is_of_its_kind", { ($0.kind, $0.target) = (.tcp, "host") }),
        ("target_is_of_its_kind", { ($0.kind, $0.target) = (.tcp, "host:0") }),
        ("target_is_of_its_kind", { ($0.kind, $0.target) = (.tls, "host:65536") }),
        ("target_is_of_its_kind", { ($0.kind, $0.target) = (.tls, "::1:443") }),
        ("target_is_short", { $0.target += String(repeating: "a", count: 2_048) }),
        ("timeout_is_in_range", { $0.timeout = .milliseconds(9) }),
        ("timeout_is_in_range", { $0.timeout = .milliseconds(60_001) }),
        ("method_is_a_token", { $0.exchange.method = "GET /" }),
        ("headers_are_short", { $0.exchange.headers.append("a", String(repeating: "a", count: 8_192)) }),
        ("statuses_are_few_and_of_http", { $0.exchange.statuses = [99] }),
        ("statuses_are_few_and_of_http", { $0.exchange.statuses = [Int16](repeating: 200, count: 33) }),
        ("decisive_statuses_are_few_and_of_http", { $0.decisive = [600] }),
        ("body_contains_is_short", { $0.exchange.bodyContains = "" }),
        ("body_contains_is_short", { $0.exchange.bodyContains = String(repeating: "a", count: 1_025) }),
        ("shared_key_is_short", { $0.sharedKey = "" }),
    ]

    @Test func whatIsOutOfRangeIsRefused() async throws {
        try await withHealthSite { site in
            for (constraint, adjust) in Self.refused {
                let error = await #expect(throws: PostgresError.self) {
                    try await site.store.put(site.definition(adjust))
                }
                #expect(error?.constraint == constraint)
            }
            let checks = try await site.list()
            #expect(checks.isEmpty)
        }
    }

    @Test func endpointsAreTaken() async throws {
        try await withHealthSite { site in
            let targets: Set = ["host:1", "10.0.0.1:65535", "[::1]:443", "a-b.example.org:8080"]
            for target in targets { try await site.put { ($0.kind, $0.target) = (.tls, target) } }
            #expect(try await Set(site.list().map(\.definition.target)) == targets)
        }
    }

    @Test func settingsAreValidated() async throws {
        try await withHealthSite { site in
            await #expect(throws: PolicyError.self) {
                try await site.store.put(site.definition { $0.overrides = .init(["rise": .number(0)]) })
            }
            let checks = try await site.list()
            #expect(checks.isEmpty)
        }
    }

    @Test func theDestinationMustBeTheTenants() async throws {
        try await withHealthSite { site in
            let other = try await HealthSite.destination("other", site.client)
            let stray = HealthCheckDefinition(
                shard: HealthSite.shard, tenant: other.tenant, destination: site.destination.id, kind: .http,
                target: "http://127.0.0.1:9")
            let error = await #expect(throws: PostgresError.self) { try await site.store.put(stray) }
            #expect(error?.constraint == "destination_is_known")
        }
    }

    /// Also when they come at the same time.
    @Test func aDestinationHasAtMostEight() async throws {
        try await withHealthSite { site in
            let refusals = await withTaskGroup(of: String?.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        do {
                            try await site.store.put(site.definition())
                            return nil
                        } catch { return (error as? PostgresError)?.constraint }
                    }
                }
                return await group.reduce(into: []) { $0 += [$1].compactMap { $0 } }
            }
            #expect(refusals == [String](repeating: "checks_are_at_most_8", count: 4))
            var known = try #require(try await site.list().last?.definition)
            known.policy = .advisory
            try await site.store.put(known)
            #expect(try await site.list().count == 8)
        }
    }
}
