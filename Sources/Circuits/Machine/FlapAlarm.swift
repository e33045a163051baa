package import Postgres

/// Notices a circuit that keeps opening after it had let traffic through.
package struct FlapAlarm: Sendable, Hashable {
    /// The latest, as many as raise the alarm.
    package var openings: [Timestamp]

    package init(openings: [Timestamp] = []) { self.openings = openings }

    package func isRaised(at now: Timestamp, _ policy: CircuitPolicy) -> Bool {
        guard policy.flapOpenings > 0, openings.count >= policy.flapOpenings else { return false }
        return now - openings[openings.count - policy.flapOpenings] <= policy.flapWindow
    }

    /// Returns whether this opening raises the alarm; further ones keep it up in silence.
    mutating func opened(at now: Timestamp, _ policy: CircuitPolicy) -> Bool {
        let wasRaised = isRaised(at: now, policy)
        openings = Array((openings + [now]).suffix(policy.flapOpenings))
        return !wasRaised && isRaised(at: now, policy)
    }
}
