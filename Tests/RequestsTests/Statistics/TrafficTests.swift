import Model
import Postgres
import SQL
import Tenants
import TestSupport
import Testing

@testable import Requests

struct TrafficTests {
    /// The sums of ten minutes, within which each test is done.
    private func sums(_ reader: StatisticsReader, of tenant: TenantID?, minutes: Int = 10) async throws -> [Int64] {
        let shard = tenant.map { _ in Site.shard }
        return try await reader.traffic(of: tenant, shard: shard, minutes: minutes).reduce(into: [0, 0, 0, 0, 0]) {
            for (place, count) in [$1.accepted, $1.delivered, $1.retried, $1.dead, $1.other].enumerated() {
                $0[place] += count
            }
        }
    }

    @Test func isReadMinuteByMinuteWithoutGaps() async throws {
        try await withSite { site in
            let tenant = try await site.tenant()
            let this = try await site.client.value(Statement("SELECT date_trunc('minute', now())"), as: Timestamp.self)
            for (ago, accepted) in [(0, 1), (2, 2), (4, 4)] {
                let traffic = Traffic(limit: 10) { this + .seconds(30 - 60 * ago) }
                traffic.accepted(accepted, of: tenant, shard: Site.shard)
                await TrafficLoop(traffic, site.client, logger: quiet).record()
            }
            let reader = StatisticsReader(site.client)
            for read in [
                try await reader.traffic(of: tenant, shard: Site.shard, minutes: 6),
                try await reader.traffic(of: nil, shard: nil, minutes: 6),
            ] {
                // Another minute may have begun.
                let known = read.filter { $0.minute <= this }
                #expect(read.count == 6 && known.count >= 5)
                #expect(known.map(\.accepted).suffix(5) == [4, 0, 2, 0, 1])
                #expect(zip(read, read.dropFirst()).allSatisfy { $1.minute - $0.minute == .seconds(60) })
            }
            #expect(try await reader.traffic(of: tenant, shard: Site.shard, minutes: 0).count == 1)
            let most = try await reader.traffic(of: tenant, shard: Site.shard, minutes: .max)
            #expect(most.count == StatisticsReader.minutesKept)
        }
    }

    /// And what is recorded twice counts once.
    @Test func processesAddUp() async throws {
        try await withSite { site in
            let (a, b) = (try await site.tenant("a"), try await site.tenant("b"))
            for _ in 0..<2 {
                let traffic = Traffic()
                let loop = TrafficLoop(traffic, site.client, logger: quiet)
                for verdict in [Verdict.delivered, .retry, .dead, .expired] {
                    traffic.attempted(verdict, of: a, shard: Site.shard)
                    await loop.record()
                }
                traffic.accepted(2, of: a, shard: Site.shard)
                traffic.accepted(1, of: b, shard: Site.shard)
                traffic.accepted(1, of: .new(), shard: Site.shard)
                for _ in 0..<2 { await loop.record() }
            }
            let reader = StatisticsReader(site.client)
            #expect(try await sums(reader, of: a) == [4, 2, 2, 2, 2])
            #expect(try await sums(reader, of: b) == [2, 0, 0, 0, 0])
            // The tenants that are not there leave no rows, but count among all.
            #expect(try await sums(reader, of: nil) == [8, 2, 2, 2, 2])
            #expect(try await site.client.count("sluice.traffic", where: "delivered > 1") == 0)
        }
    }

    @Test func whatCanNotBeRecordedWaits() async throws {
        try await withSite { site in
            let tenant = try await site.tenant()
            let traffic = Traffic()
            let loop = TrafficLoop(traffic, site.client, logger: quiet)
            traffic.accepted(1, of: tenant, shard: Site.shard)
            _ = try await site.client.execute(Statement("ALTER TABLE sluice.traffic RENAME TO away"))
            await loop.record()
            traffic.accepted(1, of: tenant, shard: Site.shard)
            _ = try await site.client.execute(Statement("ALTER TABLE sluice.away RENAME TO traffic"))
            #expect(try await sums(StatisticsReader(site.client), of: nil) == [0, 0, 0, 0, 0])
            await loop.record()
            for tenant in [tenant, nil] {
                #expect(try await sums(StatisticsReader(site.client), of: tenant) == [2, 0, 0, 0, 0])
            }
        }
    }

    /// By their commits: what an idempotency key stands for already, or stands against, is not accepted anew.
    @Test func requestsAreCountedAsTheyAreStored() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let traffic = Traffic()
            let store = RequestStore(
                site.client, keyWindow: .seconds(60), arm: ArmLoop(site.client, logger: quiet), traffic: traffic)
            func request(_ fingerprint: UInt8) -> NewRequest {
                let mark = [UInt8](repeating: fingerprint, count: 16)
                let key = [UInt8](repeating: 7, count: 16)
                return NewRequest(to: destination, idempotency: Idempotency(key: key, fingerprint: mark))
            }
            try await withThrowingTaskGroup { group in
                group.addTask { try await store.run() }
                #expect(try await store.store(request(1), within: .seconds(10)) == .stored)
                let all = await store.storeAll(
                    [request(1), request(2), NewRequest(to: destination)], within: .seconds(10))
                #expect(try all.filter { try $0.get() == .stored }.count == 1)
                let told = Shared(false)
                store.store(NewRequest(to: destination), within: .seconds(10)) { _ in told.update { $0 = true } }
                try await eventually { told.value }
                group.cancelAll()
            }
            await TrafficLoop(traffic, site.client, logger: quiet).record()
            #expect(try await sums(StatisticsReader(site.client), of: destination.tenant) == [3, 0, 0, 0, 0])
        }
    }

    @Test func isKeptForADay() async throws {
        try await withSite { site in
            let tenant = try await site.tenant()
            let now = try await site.client.now()
            for hours in [0, 24, 26, 27] {
                let traffic = Traffic(limit: 10) { now + .seconds(-3_600 * hours) }
                traffic.accepted(1, of: tenant, shard: Site.shard)
                await TrafficLoop(traffic, site.client, logger: quiet).record()
            }
            #expect(try await site.client.count("sluice.traffic") == 4)
            let rows = Int32(1)
            for left in [3, 2, 2] as [Int64] {
                _ = try await site.client.execute(
                    SQL["upkeep.forget_traffic"], Parameters([Site.shard], Duration.seconds(25 * 3_600), rows))
                #expect(try await site.client.count("sluice.traffic") == left)
                #expect(try await site.client.count("sluice.traffic_total") == 2)
            }
        }
    }
}
