package import Model

/// How often a delivery is tried, when, and after which answers.
package struct RetryPolicy: Sendable, Hashable {
    /// Waits of a schedule; a day is the longest back-off, a week the longest planned wait.
    package static let maximumWaits = 100
    package static let maximumWait = Duration.seconds(7 * 86_400)
    package static let maximumStatuses = 64

    /// 1 to 100.
    package var maxAttempts: Int16 = 12
    package var backoff = Backoff(base: .seconds(1), cap: .seconds(3600))
    /// Waits before the second attempt, the third, ..., in place of the back-off; the last one is repeated. They are
    /// kept as they are, without jitter. Empty: the back-off applies.
    package var schedule: [Duration] = []
    /// Statuses that are tried again, though by default they end a delivery.
    package var retriedStatuses: [Int16] = []
    /// Statuses that end a delivery, though by default they are tried again.
    package var finalStatuses: [Int16] = []

    package init() {}

    /// - Parameters:
    ///   - attempts: how many have been made, at least 1.
    ///   - floor: what the destination asked for.
    ///   - jitter: in 0..<1.
    package func delay(after attempts: Int, floor: Duration = .zero, jitter: Double) -> Duration {
        guard let last = schedule.last else {
            return backoff.delay(after: attempts, floor: floor, jitter: jitter)
        }
        let wait = schedule.indices.contains(attempts - 1) ? schedule[attempts - 1] : last
        return max(wait, min(floor, Backoff.maximumFloor))
    }

    /// nil: as the class of the status says.
    package func isRetried(_ status: Int) -> Bool? {
        if retriedStatuses.contains(where: { Int($0) == status }) { return true }
        return finalStatuses.contains { Int($0) == status } ? false : nil
    }
}
