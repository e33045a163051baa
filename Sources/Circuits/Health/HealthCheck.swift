package import Postgres

/// What a health check thinks of its destination, and when it runs next; pure.
package struct HealthCheck: Sendable, Hashable {
    package enum Health: String, Sendable, CaseIterable {
        case unknown, up, down
    }

    package enum Result: Sendable, Hashable {
        case success
        /// - Parameter status: nil where no answer came.
        case failure(status: Int?)
        /// The check could not run here; that is no verdict.
        case notRun
    }

    package var health = Health.unknown
    /// Successes in a row.
    package var okRun = 0
    /// Failures in a row.
    package var failRun = 0
    package var nextAt: Timestamp

    /// - Parameter jitter: in 0..<1; spreads the first checks over an interval.
    package init(at now: Timestamp, settings: HealthCheckSettings, jitter: Double) {
        nextAt = now + settings.interval * jitter
    }

    /// - Parameters:
    ///   - lastTraffic: when a delivery was last attempted.
    ///   - jitter: in 0..<1.
    /// - Returns: what the destination has become, if that has changed.
    package mutating func handle(
        _ result: Result, at now: Timestamp, lastTraffic: Timestamp?, settings: HealthCheckSettings, jitter: Double
    ) -> Health? {
        let before = health
        switch result {
        case .notRun: break
        case .success:
            okRun += 1
            failRun = 0
            // The first check tells more than no check; after a verdict it takes a run.
            if health == .unknown || okRun >= settings.rise { health = .up }
        case .failure(let status):
            okRun = 0
            failRun += 1
            let isDecisive = status.map(settings.decisive.contains) ?? false
            if isDecisive || failRun >= settings.fall { health = .down }
        }
        let isIdle = lastTraffic.map { now - $0 >= settings.idleAfter } ?? true
        nextAt = now + spread(pause(isIdle: isIdle, settings), settings, jitter)
        return health == before ? nil : health
    }

    /// Puts a due check off if a real success makes it needless. Returns whether it did.
    package mutating func skip(
        at now: Timestamp, lastSuccess: Timestamp?, settings: HealthCheckSettings, jitter: Double
    ) -> Bool {
        guard health == .up, failRun == 0, let lastSuccess, now - lastSuccess < settings.interval else { return false }
        nextAt = lastSuccess + settings.interval * (1 + settings.jitter * jitter)
        return true
    }

    private func pause(isIdle: Bool, _ settings: HealthCheckSettings) -> Duration {
        switch health {
        case .unknown: failRun > 0 ? settings.fast : settings.interval
        case .up: failRun > 0 ? settings.fast : isIdle ? settings.idle : settings.interval
        case .down: okRun > 0 ? settings.fast : downPause(settings)
        }
    }

    private func downPause(_ settings: HealthCheckSettings) -> Duration {
        var pause = settings.down
        let steps = max(0, failRun - settings.fall)
        for _ in 0..<min(steps, 64) where pause < settings.downMaximum { pause = pause * settings.downFactor }
        return min(pause, settings.downMaximum)
    }

    private func spread(_ pause: Duration, _ settings: HealthCheckSettings, _ jitter: Double) -> Duration {
        pause * (1 - settings.jitter + 2 * settings.jitter * jitter)
    }
}
