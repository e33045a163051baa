import Model
import Requests
import Tenants
import Testing

@testable import Worker

/// Which outcomes say something of a rollout.
struct RolloutCountsPureTests {
    private static let (tenant, rollout) = (TenantID.new(), RolloutID.new())

    private static func delivery(attempt: Int16 = 1, unit: String = "u", isMarked: Bool = true) -> Delivery {
        Delivery(
            lane: LaneID(shard: 7, number: 1), tenant: tenant, request: .new(), token: 1, attempt: attempt, epoch: 1,
            isExpired: false, method: "POST", path: "/", query: nil, headers: HeaderLines(), body: [],
            rollout: isMarked ? RolloutMark(rollout, step: 2, isTreatment: true, unit: unit) : nil)
    }

    @Test func firstAttemptsAreCountedByUnit() {
        let counts = RolloutCounts()
        let outcomes: [(Verdict, AttemptClass)] = [
            (.delivered, .delivered), (.retry, .serverError), (.dead, .rejected), (.dead, .throttled),
        ]
        for (verdict, attemptClass) in outcomes {
            counts.note(Outcome(verdict, attemptClass), of: Self.delivery())
        }
        counts.note(Outcome(.delivered, .delivered), of: Self.delivery(unit: "other"))
        let taken = counts.take(10).sorted { $0.unit > $1.unit }
        #expect(taken.map(\.unit) == ["u", "other"])
        #expect(taken.map(\.count) == [4, 1] && taken.map(\.bad) == [3, 0])
        #expect(taken.allSatisfy { $0.rollout == Self.rollout && $0.step == 2 && $0.isTreatment && $0.shard == 7 })
        #expect(counts.take(10).isEmpty)
    }

    /// What repeats a first attempt would count it twice.
    @Test func othersAreNot() {
        let counts = RolloutCounts()
        counts.note(Outcome(.retry, .throttled), of: Self.delivery())
        counts.note(Outcome(.returned, .returned), of: Self.delivery())
        counts.note(Outcome(.expired, .expired), of: Self.delivery())
        counts.note(Outcome(.delivered, .delivered), of: Self.delivery(attempt: 2))
        counts.note(Outcome(.delivered, .delivered), of: Self.delivery(isMarked: false))
        #expect(counts.take(10).isEmpty)
    }

    @Test func noMoreIsTakenThanAskedFor() {
        let counts = RolloutCounts()
        for number in 0..<5 { counts.note(Outcome(.delivered, .delivered), of: Self.delivery(unit: "\(number)")) }
        #expect(counts.take(3).count == 3)
        #expect(counts.take(3).count == 2)
    }
}
