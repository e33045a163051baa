import CoreMetrics
package import FlagEngine
import Model
package import Postgres
import Synchronization
import Telemetry

/// How often flags were evaluated, until it is recorded.
package final class FlagUses: Sendable {
    struct Place: Hashable, Sendable {
        let environment: FlagEnvironment
        let key: String
        let variant: String
        /// Since 1970-01-01, UTC.
        let day: Int32
    }

    struct Count: Sendable {
        var count: Int64
        var last: Timestamp
    }

    /// Places that are kept, so that memory is bounded: two hundred environments full of flags. What is new beyond them is
    /// not counted until the next record.
    static let limit = 100_000

    private static let evaluations = Dictionary(
        uniqueKeysWithValues: Evaluation.Reason.allCases.map {
            ($0, Counter(.flagEvaluations, $0.rawValue.lowercased()))
        })

    private let counts = Mutex([Place: Count]())

    package init() {}

    package func note(_ evaluations: [Evaluation], in environment: FlagEnvironment, at now: Timestamp) {
        for evaluation in evaluations { Self.evaluations[evaluation.reason]?.increment() }
        let day = Int32(clamping: now.microseconds / 86_400_000_000)
        counts.withLock { counts in
            for evaluation in evaluations where evaluation.valueType != nil {
                let place = Place(
                    environment: environment, key: evaluation.key, variant: evaluation.variant ?? "", day: day)
                if counts[place] == nil, counts.count >= Self.limit { continue }
                counts[place, default: Count(count: 0, last: now)].count += 1
                counts[place]?.last = now
            }
        }
    }

    /// What is to be recorded, at most so many.
    func take(_ limit: Int) -> [(Place, Count)] {
        counts.withLock { counts in
            let taken = counts.prefix(limit).map { ($0.key, $0.value) }
            for (place, _) in taken { counts[place] = nil }
            return taken
        }
    }
}
