import Model
import Requests
import Tenants

/// What an attempt's result means for its delivery; pure.
struct OutcomePolicy {
    let settings: DestinationSettings
    /// Number of the attempt, from 1.
    let attempt: Int16
    /// Unix seconds, for a Retry-After that is a date.
    let now: Int64
    /// In 0..<1.
    let jitter: Double

    /// - Parameter isStaleToken: the destination refused a token that was good when it was fetched; another one is next.
    func outcome(_ response: CollectedResponse, isStaleToken: Bool = false, latency: Duration) -> Outcome {
        let asked = response.retryAfter.flatMap { RetryAfter.parse($0, now: now) } ?? .zero
        let attemptClass = AttemptClass(status: response.status)
        // The class says of the destination what it does; whether to try again may have been chosen otherwise.
        let isRetried =
            attemptClass == .delivered
            ? false : isStaleToken || settings.retry.isRetried(response.status) ?? attemptClass.isRetryable
        var outcome = outcome(attemptClass, isRetried: isRetried, latency: latency, floor: asked)
        outcome.retryAfter = asked > .zero ? asked : nil
        outcome.status = Int16(clamping: response.status)
        outcome.responseHead = response.head.text
        outcome.responseBody = response.body
        if outcome.attemptClass == .redirected { outcome.error = "redirects are not followed" }
        return outcome
    }

    func outcome(_ failure: AttemptFailure, latency: Duration) -> Outcome {
        let attemptClass = failure.attemptClass
        var outcome = outcome(attemptClass, isRetried: attemptClass.isRetryable, latency: latency, floor: .zero)
        outcome.error = failure.message
        return outcome
    }

    private func outcome(
        _ attemptClass: AttemptClass, isRetried: Bool, latency: Duration, floor: Duration
    ) -> Outcome {
        if attemptClass == .returned { return Outcome(.returned, .returned, latency: latency) }
        guard isRetried else {
            return Outcome(attemptClass == .delivered ? .delivered : .dead, attemptClass, latency: latency)
        }
        // A pushback spends no attempt.
        guard attempt < settings.retry.maxAttempts || attemptClass == .throttled else {
            return Outcome(.dead, attemptClass, latency: latency)
        }
        var outcome = Outcome(.retry, attemptClass, latency: latency)
        outcome.retryIn = settings.retry.delay(after: Int(attempt), floor: floor, jitter: jitter)
        return outcome
    }
}
