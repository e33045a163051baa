import Model
import Requests
import Synchronization
import Tenants

/// How the first attempts of deliveries that rollouts have marked ended, until it is recorded.
final class RolloutCounts: Sendable {
    private struct Unit: Hashable {
        let shard: Int16
        let tenant: TenantID
        let mark: RolloutMark
    }

    private struct Count {
        var count: Int32 = 0
        var bad: Int32 = 0
    }

    /// Units that are kept, so that memory is bounded: more than there are deliveries in an interval. What is new beyond them
    /// is not counted until the next record.
    static let limit = 100_000

    private let counts = Mutex([Unit: Count]())

    /// An outcome that has been recorded. Retries say nothing new of the variant, and a destination that asks for less is
    /// asked again: that attempt is not spent.
    func note(_ outcome: Outcome, of delivery: Delivery) {
        guard let mark = delivery.rollout, delivery.attempt == 1, let isBad = outcome.isBadBeginning else { return }
        let unit = Unit(shard: delivery.lane.shard, tenant: delivery.tenant, mark: mark)
        counts.withLock { counts in
            guard counts[unit] != nil || counts.count < Self.limit else { return }
            counts[unit, default: Count()].count += 1
            if isBad { counts[unit]?.bad += 1 }
        }
    }

    /// What is to be recorded, at most so many.
    func take(_ limit: Int) -> [RolloutStore.Outcomes] {
        counts.withLock { counts in
            let taken = counts.prefix(limit).map { ($0.key, $0.value) }
            for (unit, _) in taken { counts[unit] = nil }
            return taken.map { unit, count in
                RolloutStore.Outcomes(
                    shard: unit.shard, tenant: unit.tenant, rollout: unit.mark.rollout, step: unit.mark.step,
                    isTreatment: unit.mark.isTreatment, unit: unit.mark.unit, count: count.count, bad: count.bad)
            }
        }
    }
}

extension Outcome {
    /// Of a first attempt; nil where it is to be repeated unspent, or was not made.
    fileprivate var isBadBeginning: Bool? {
        switch (verdict, attemptClass) {
        case (.returned, _), (.expired, _), (.cancelled, _), (.retry, .throttled): nil
        case (_, let attemptClass): attemptClass != .delivered
        }
    }
}
