import JSON

/// What a rollout shall be: who gets what in which steps, and how it is guarded.
package struct RolloutPlan: Sendable, Hashable {
    package struct Step: Sendable, Hashable {
        /// Of the treatment, out of 10,000. Less than all: a step needs a control to be compared with.
        package static let weights: ClosedRange<Int32> = 1...9_999
        package static let limit = 20

        package var weight: Int32
        /// Seconds that it lasts at least. Longer than the destinations' time-out, or the slowest failures come too late.
        package var hold: Int32 = 600
        /// Outcomes that each side must have.
        package var minimum: Int32
        /// Whether a person must agree to its end.
        package var needsApproval = false
    }

    package let control: String
    package let treatment: String
    /// The attribute of the context by whose value sides are taken.
    package var unit = "destination"
    /// Whether the units of the flag's last rollout are first again.
    package var keepsSeed = false
    package var steps: [Step]
    package var protection = RolloutGuard()

    init(control: String, treatment: String, steps: [Step]) {
        self.control = control
        self.treatment = treatment
        self.steps = steps
    }
}

/// By what a rollout is judged, and what becomes of it. See `sluice.rollout_verdict`.
package struct RolloutGuard: Sendable, Hashable {
    /// What a regression does; observe: nothing, it is only told.
    package enum Mode: String, Sendable, CaseIterable { case rollback, hold, observe }

    package var mode = Mode.rollback
    /// How seldom chance alone may look like a regression, over all looks at a step.
    package var alpha = 0.001
    /// The difference of failure rates for which the test is tuned.
    package var tau = 0.02
    /// Outcomes that each side must have before it is judged, where a step does not say.
    package var minimum: Int32 = 50
    /// Seconds after which the latest outcome of a side is too old for a step to end.
    package var maximumAge: Int32 = 300

    package init() {}
}

extension RolloutPlan.Step {
    var json: JSONValue {
        .object([
            "weight": .number(JSONNumber(weight)), "hold_s": .number(JSONNumber(hold)),
            "min_n": .number(JSONNumber(minimum)), "approval": .bool(needsApproval),
        ])
    }
}

extension RolloutGuard {
    var json: JSONValue {
        .object([
            "mode": .string(mode.rawValue), "alpha": .number(JSONNumber(alpha)), "tau": .number(JSONNumber(tau)),
            "min_n": .number(JSONNumber(minimum)), "max_age_s": .number(JSONNumber(maximumAge)),
        ])
    }
}
