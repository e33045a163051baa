import CoreMetrics
import FoundationEssentials
import Model
import Requests
import Telemetry

/// What is measured of attempts.
enum AttemptMetrics {
    private static let attempts = Dictionary(
        uniqueKeysWithValues: AttemptClass.allCases.map { ($0, Counter(.attempts, $0.rawValue)) })
    private static let outcomes = Dictionary(
        uniqueKeysWithValues: Verdict.allCases.map { ($0, Counter(.outcomes, $0.rawValue)) })
    private static let latency = Timer(.attempt)
    private static let age = Timer(.deliveryAge)

    /// Of an outcome that counted.
    static func note(_ outcome: Outcome, of delivery: Delivery) {
        attempts[outcome.attemptClass]?.increment()
        outcomes[outcome.verdict]?.increment()
        if outcome.latency > .zero { latency.record(outcome.latency) }
        guard outcome.verdict == .delivered else { return }
        let accepted = Int64(clamping: delivery.request.uuid.milliseconds)
        age.recordMilliseconds(max(0, Int64(Date().timeIntervalSince1970 * 1000) - accepted))
    }
}
