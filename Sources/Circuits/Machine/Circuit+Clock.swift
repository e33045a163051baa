import Postgres

extension Circuit {
    /// When the database's clock has been set back, to before the last transition, moves the times that were taken since
    /// then, so that nobody waits for the clock to catch up. The operator's times stay what they are.
    mutating func followClock(_ now: Timestamp) {
        guard now < stateSince else { return }
        let since = stateSince
        func moved(_ time: Timestamp) -> Timestamp { time > since ? now + (time - since) : min(time, now) }
        stateSince = now
        if reason != .held { retryAt = retryAt.map(moved) }
        openedAt = openedAt.map(moved)
        stableSince = stableSince.map(moved)
        throttledUntil = throttledUntil.map { $0 > since ? moved($0) : $0 }
        suspectedSince = suspectedSince.map(moved)
        wouldOpenAt = wouldOpenAt.map(moved)
        flapAlarm.openings = flapAlarm.openings.map(moved)
        if let limit { self.limit?.changedAt = moved(limit.changedAt) }
        probes.leases = probes.leases.map {
            ProbeLease(owner: $0.owner, token: $0.token, until: moved($0.until), skip: $0.skip)
        }
    }
}
