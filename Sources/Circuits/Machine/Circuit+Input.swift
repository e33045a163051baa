package import Model
package import Postgres

extension Circuit {
    package enum Input: Sendable, Hashable {
        /// The sums of the window, after an outcome that failed or was slow; while ramping too.
        case evaluate(WindowSums, epoch: Int64)
        /// Deliveries were answered with a pushback.
        case pushback(count: Int, retryAfter: Duration?, epoch: Int64)
        /// Deliveries were completed while `limit` is set.
        case tick(LimitSample, epoch: Int64)
        /// A worker has something to probe with: a request of the backlog, or a health check.
        case probeAsked(by: WorkerID)
        /// - Parameter request: nil for a health check.
        case probeFinished(token: Int64, epoch: Int64, CircuitSignal, request: RequestID?)
        /// A health check went up or down.
        case health(isUp: Bool, HealthPolicy)
        case command(Command, by: String, note: String)
        /// Time has passed: see `nextTimer`. Other inputs imply it.
        case timer
    }

    package enum Command: Sendable, Hashable {
        case setMode(Mode, until: Timestamp? = nil)
        case probeNow
        /// Opens the circuit until then, and probes.
        case hold(until: Timestamp)
        /// nil lifts it.
        case setLimit(Int?)
        /// As it was when the destination was created.
        case reset
    }
}
