package import Postgres

/// The state of a destination's health as the gateway sees it, and what the operator wants; the `circuit` row. A pure
/// machine: `handle` takes an input and the database's time, and returns what the holder of the row's lock has to do.
///
///     closed ──trip──▶ open ──due, probe granted──▶ half_open ──probes ok──▶ ramping ──grown or drained──▶ closed
///                       ▲                               │                       │
///                       └── probes failed or lost, or none came ── too many failures
///
/// Outcomes carry the epoch in which their call was let through. Every change of state or mode, and every command of an
/// operator, begins an epoch, so that late outcomes change nothing.
package struct Circuit: Sendable, Hashable {
    /// What the operator wants.
    package enum Mode: String, Sendable, CaseIterable {
        case auto, observe
        case forcedOpen = "forced_open"
        case forcedClosed = "forced_closed"

        var isForced: Bool { self == .forcedOpen || self == .forcedClosed }
    }

    /// What the machine thinks.
    package enum State: String, Sendable, CaseIterable {
        case closed, open
        case halfOpen = "half_open"
        case ramping
    }

    /// What follows from both.
    package enum Gate: String, Sendable, CaseIterable {
        case pass, limited, probe, hold

        /// What the destination's lanes are told: whether ordinary claims may look.
        package var passes: Bool { self == .pass || self == .limited }
    }

    package var mode = Mode.auto
    /// When the mode falls back to `auto`.
    package var modeUntil: Timestamp?
    package var modeBy: String?
    package var modeReason: String?

    package var state = State.closed
    package var epoch: Int64 = 1
    package var stateSince: Timestamp
    package var reason = Reason.created

    /// When the circuit left CLOSED; until it is back there.
    package var openedAt: Timestamp?
    /// OPEN: when a probe is due. HALF_OPEN: when the last probe had its verdict or was lost, or the phase began.
    package var retryAt: Timestamp?
    /// Openings that lengthen the next wait; `stableSince` forgives them.
    package var reopenCount = 0
    package var stableSince: Timestamp?
    package var flapAlarm = FlapAlarm()
    /// Of `Circuit.alertAges`, how many have been announced.
    package var alerts = 0

    package var probes = Probes()
    /// Nothing is claimed before, whatever the gate says.
    package var throttledUntil: Timestamp?
    /// Deliveries in flight that the machine allows; nil: as many as the destination's settings and `ceiling` do.
    package var limit: DispatchLimit?
    /// What was allowed when the circuit last left CLOSED.
    package var lastGoodLimit: Double?
    /// The operator's limit.
    package var ceiling: Int?

    /// Since when the failures have been those of one worker only.
    package var suspectedSince: Timestamp?
    /// When `observe` last found a reason to open.
    package var wouldOpenAt: Timestamp?
    /// The last change that a health check reported; nil before any.
    package var healthIsUp: Bool?
    /// Probes that failed while the health check was up.
    package var failedCanaries = 0

    package init(at now: Timestamp) {
        stateSince = now
        stableSince = now
    }

    package var gate: Gate {
        switch (mode, state) {
        case (.forcedOpen, _): .hold
        case (.forcedClosed, _), (.observe, _), (.auto, .closed): .pass
        case (.auto, .open): .hold
        case (.auto, .halfOpen): .probe
        case (.auto, .ramping): .limited
        }
    }

    /// Deliveries that may be in flight through ordinary claims; probes are let through by their leases alone.
    package func capacity(at now: Timestamp, policy: CircuitPolicy) -> Int {
        guard gate.passes, now >= throttledUntil ?? now else { return 0 }
        return dispatchLimit(policy)
    }

    /// The same but for a throttle. HALF_OPEN: probes at a time.
    package func dispatchLimit(_ policy: CircuitPolicy) -> Int {
        switch gate {
        case .hold: 0
        case .probe: policy.concurrentProbes
        case .pass, .limited:
            min(maximum(policy), mode == .auto ? limit.map { Int($0.value) } ?? .max : .max)
        }
    }

    func maximum(_ policy: CircuitPolicy) -> Int { min(ceiling ?? .max, policy.maxInFlight) }
}
