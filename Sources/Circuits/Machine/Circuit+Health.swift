import Postgres

/// How a health check acts on its destination's circuit.
package enum HealthPolicy: String, Sendable, CaseIterable {
    /// Opens it, and brings the probe forward: a real request closes it.
    case canary
    /// Opens it, and sends it ramping, where a real request must not be risked.
    case direct
    /// Is shown only.
    case advisory
}

extension Circuit {
    mutating func reportHealth(isUp: Bool, _ policy: HealthPolicy, _ turn: inout Turn) {
        guard policy != .advisory, healthIsUp != isUp else { return }
        healthIsUp = isUp
        failedCanaries = 0
        switch (mode, isUp) {
        case (.auto, true): rise(policy, &turn)
        case (.auto, false): if state != .open { open(.health, .init(), &turn) }
        case (.observe, false): tellWouldOpen(.health, .init(), &turn)
        default: break
        }
    }

    private mutating func rise(_ policy: HealthPolicy, _ turn: inout Turn) {
        // What an operator holds is held until then.
        guard state == .open || state == .halfOpen, reason != .held else { return }
        if policy == .direct {
            recover(.healthDirect, .init(), &turn)
        } else if state == .open {
            retryAt = turn.now
            record(.healthUp, .init(), &turn)
        }
    }
}
