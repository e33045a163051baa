import Model
import Postgres
import TestSupport
import Testing

@testable import Requests

struct TrafficPureTests {
    private static let noon = Timestamp(microseconds: 1_800_000_000_000_000)

    @Test func countsByTenantMinuteAndVerdict() {
        let now = Shared(Self.noon)
        let traffic = Traffic(limit: 100) { now.value }
        let (a, b) = (TenantID.new(), TenantID.new())
        traffic.accepted(3, of: a, shard: 1)
        traffic.accepted(1, of: b, shard: 2)
        for verdict in Verdict.allCases { traffic.attempted(verdict, of: a, shard: 1) }
        now.update { $0 = Self.noon + .seconds(59) }
        traffic.accepted(1, of: a, shard: 1)
        now.update { $0 = Self.noon + .seconds(60) }
        traffic.accepted(1, of: b, shard: 2)

        let counts = Dictionary(uniqueKeysWithValues: traffic.unrecorded().map { ($0.place, $0.counts) })
        let (first, second) = (Self.noon, Self.noon + .seconds(60))
        let ofA = Traffic.Counts(accepted: 4, delivered: 1, retried: 1, dead: 1, other: 2)
        #expect(
            counts == [
                .init(shard: 1, tenant: a, minute: first): ofA,
                .init(shard: 2, tenant: b, minute: first): .init(accepted: 1),
                .init(shard: 0, tenant: nil, minute: first): .init(
                    accepted: 5, delivered: 1, retried: 1, dead: 1, other: 2),
                .init(shard: 2, tenant: b, minute: second): .init(accepted: 1),
                .init(shard: 0, tenant: nil, minute: second): .init(accepted: 1),
            ])
    }

    /// A minute's row is written again, with more in it, until the minute is over.
    @Test func whatIsRecordedIsForgottenAfterItsMinute() {
        let now = Shared(Self.noon)
        let traffic = Traffic(limit: 2) { now.value }
        let tenant = TenantID.new()
        traffic.accepted(1, of: tenant, shard: 0)
        let written = traffic.unrecorded()
        traffic.accepted(1, of: tenant, shard: 0)
        traffic.recorded(written)
        #expect(traffic.unrecorded().map(\.counts.accepted) == [2, 2])
        traffic.recorded(traffic.unrecorded())
        #expect(traffic.unrecorded().isEmpty)
        traffic.accepted(1, of: tenant, shard: 0)
        #expect(traffic.unrecorded().map(\.counts.accepted) == [3, 3])
        traffic.recorded(traffic.unrecorded())

        // No room for another minute while this one is kept.
        now.update { $0 = Self.noon + .seconds(119) }
        traffic.accepted(1, of: tenant, shard: 0)
        #expect(traffic.takeUncounted() == 1)
        now.update { $0 = Self.noon + .seconds(120) }
        traffic.forgetRecorded()
        traffic.accepted(1, of: tenant, shard: 0)
        #expect(traffic.takeUncounted() == 0)
        #expect(traffic.unrecorded().map(\.counts.accepted) == [1, 1, 1])
    }

    /// While the database is away: what is known goes on counting, what is new is not counted, and said.
    @Test func isBounded() {
        let now = Shared(Self.noon)
        let traffic = Traffic(limit: 2) { now.value }
        let known = TenantID.new()
        traffic.accepted(1, of: known, shard: 0)
        for _ in 0..<10 { traffic.accepted(1, of: .new(), shard: 0) }
        traffic.accepted(1, of: known, shard: 0)
        now.update { $0 = Self.noon + .seconds(3_600) }
        traffic.forgetRecorded()
        traffic.accepted(1, of: known, shard: 0)
        // Of all tenants, all are counted: 12 and 1.
        #expect(traffic.unrecorded().map(\.counts.accepted).sorted() == [1, 2, 12])
        #expect(traffic.takeUncounted() == 11)
        #expect(traffic.takeUncounted() == 0)
    }
}

struct SampleTurnsPureTests {
    /// Turns that began and ended so many milliseconds after the start, and when the next is due.
    @Test(arguments: [(0, 5, 15_000), (0, 750, 15_000), (0, 1_200, 24_000), (0, 30_000, 600_000)])
    func takeATwentiethOfTheTime(_ began: Int, _ ended: Int, _ due: Int) {
        let start = ContinuousClock.now
        var turns = SampleTurns()
        #expect(turns.isDue(at: start))
        turns.took(from: start + .milliseconds(began), to: start + .milliseconds(ended))
        #expect(!turns.isDue(at: start + .milliseconds(due - 1)))
        #expect(turns.isDue(at: start + .milliseconds(due)))
    }
}
