import FoundationEssentials
import Model
import Postgres
import Requests
import SQL
import Tenants
import TestSupport
import Testing

struct UpkeepTests {
    @Test func oneHoldsTheLeaseAtATime() async throws {
        try await withSite { site in
            let first = WorkerID.new()
            let second = WorkerID.new()
            #expect(try await lead(first, site) == 1)
            #expect(try await lead(second, site) == nil)
            #expect(try await lead(first, site) == 1)
            _ = try await site.client.execute(
                Statement("UPDATE sluice.leadership SET lease_until = lease_until - interval '1 hour'"))
            #expect(try await lead(second, site) == 2)
            #expect(try await lead(first, site) == nil)
            #expect(try await site.client.count("sluice.leadership") == 1)
        }
    }

    @Test func ofManyThatAskAtOnceOneGetsIt() async throws {
        try await withSite(connections: 8) { site in
            let terms = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for _ in 0..<16 { group.addTask { try await lead(.new(), site) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(terms.compactMap { $0 } == [1])
        }
    }

    @Test func partitionsAreMadeAhead() async throws {
        try await withSite { site in
            let days = 9 as Int32
            _ = try await site.client.execute(SQL["upkeep.ensure_partitions"], Parameters(days))
            let made: Int32 = try await site.client.value(SQL["upkeep.ensure_partitions"], Parameters(days))
            #expect(made == 0)
            for table in ["request", "attempt"] {
                #expect(try await partitions(of: table, site) == Int64(days))
            }
            // A request of the last of those days finds its partition.
            let destination = try await site.destination()
            let last = RequestID(id(daysFromNow: Int(days) - 2))
            try await site.add([NewRequest(to: destination, id: last)])
            #expect(try await site.claim().map(\.request) == [last])
        }
    }

    /// However the planner goes about it: there are relations whose names hold no day.
    @Test func daysAreFoundByAnyPlan() async throws {
        try await withSite { site in
            try await site.client.withTransaction { lease in
                for way in ["nestloop", "indexscan", "bitmapscan"] {
                    _ = try await lease.execute(Statement("SET LOCAL enable_\(way) = off"))
                }
                for (name, parameters) in [
                    ("upkeep.drop_partitions", Parameters(Int32(30))), ("doctor.partitions", Parameters()),
                    ("metrics.server", Parameters()),
                ] { _ = try await lease.execute(Statement(SQL[name].sql), parameters) }
            }
        }
    }

    @Test(arguments: ["waiting", "in_flight", "dead", "delivered"])
    func aDayGoesWhenNothingLiveRefersToIt(_ state: String) async throws {
        try await withSite { site in
            _ = try await site.client.execute(
                Statement("SELECT sluice.ensure_partitions((now() AT TIME ZONE 'UTC')::date - 40, 2)"))
            let destination = try await site.destination()
            let old = NewRequest(to: destination, id: RequestID(id(daysFromNow: -40)))
            try await site.add([old, NewRequest(to: destination)])
            if state != "waiting" {
                let claimed = try await site.claim().filter { $0.request == old.id }
                if state == "dead" { try await site.report(claimed, .dead, .rejected) }
                if state == "delivered" { try await site.report(claimed, .delivered) }
            }
            #expect(try await site.client.state(old.id) == state)

            let before = try await partitions(of: "request", site)
            let dropped: [String] = try await site.client.value(SQL["upkeep.drop_partitions"], Parameters(Int32(30)))
            // The other old day holds nothing and goes in any case.
            #expect(dropped.count == (state == "delivered" ? 2 : 1))
            #expect(try await partitions(of: "request", site) == before - Int64(dropped.count))
            #expect(try await partitions(of: "attempt", site) == before - Int64(dropped.count))
            let kept: Int64 = state == "delivered" ? 1 : 2
            #expect(try await site.client.count("sluice.request") == kept)
        }
    }

    @Test func keysGoWhenTheirWindowIsOver() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            for (index, window) in [Duration.zero, .zero, .zero, .seconds(60)].enumerated() {
                let request = NewRequest(
                    to: destination, idempotency: Idempotency(key: [UInt8(index)], fingerprint: [1]))
                _ = try await site.client.execute(
                    SQL["requests.store"], Parameters(storing: [request], keyWindow: window))
            }
            for deleted in [2, 1, 0] as [Int32] {
                let answer: Int32 = try await site.client.value(
                    SQL["upkeep.expire_keys"], Parameters(Node.only.shards, Int32(2)))
                #expect(answer == deleted)
            }
            #expect(try await site.client.count("sluice.idempotency_key") == 1)
        }
    }

    private func lead(_ holder: WorkerID, _ site: Site) async throws -> Int64? {
        try await site.client.value(SQL["upkeep.lead"], Parameters("upkeep", holder.uuid, Duration.seconds(10)))
    }

    private func partitions(of table: String, _ site: Site) async throws -> Int64 {
        try await site.client.count("pg_inherits", where: "inhparent = 'sluice.\(table)'::regclass")
    }

    private func id(daysFromNow days: Int) -> UUID {
        let milliseconds = Int64(Date().timeIntervalSince1970 * 1000) + Int64(days) * 86_400_000
        return UUID(high: UInt64(milliseconds) << 16 | 0x7000, low: 0x8000_0000_0000_0001)
    }
}
