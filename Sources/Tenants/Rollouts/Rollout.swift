import FoundationEssentials
package import JSON
package import Model
package import Postgres

/// A rollout as it stands, or as it ended.
package struct Rollout: Sendable {
    package let id: RolloutID
    package let control: String
    package let treatment: String
    package let unit: String
    package let seed: String
    package let steps: JSONValue
    package let protection: JSONValue
    /// From 0.
    package let step: Int16
    /// running, held, completed, rolled_back or cancelled.
    package let status: String
    /// command, superseded, regression or sample_ratio; nil: it is not held.
    package let holdReason: String?
    /// A person agrees to the end of the step.
    package let isApproved: Bool
    package let startedBy: String
    package let startedAt: Timestamp
    package let stepStartedAt: Timestamp
    /// nil: it is running or held.
    package let endedAt: Timestamp?
    /// The last one on the step, with its figures; nil: there was none yet.
    package let verdict: JSONValue?

    /// Of a row of `rollouts.of_flag`.
    init(_ row: Row) throws {
        id = RolloutID(try row.decode(0))
        (control, treatment, unit, seed) = (
            try row.decode(1), try row.decode(2), try row.decode(3), try row.decode(4)
        )
        (steps, protection) = (FlagSetContents.value(try row.decode(5)), FlagSetContents.value(try row.decode(6)))
        (step, status, holdReason) = (try row.decode(7), try row.decode(8), try row.decode(9))
        (isApproved, startedBy) = (try row.decode(10), try row.decode(11))
        (startedAt, stepStartedAt, endedAt) = (try row.decode(12), try row.decode(13), try row.decode(14))
        verdict = try row.decode(15, as: String?.self).map(FlagSetContents.value)
    }
}

/// What a person may want of a rollout that is under way; `sluice.command_rollout` says what each does.
package enum RolloutOrder: String, Sendable, CaseIterable {
    case approve, hold, resume, rollback, cancel
}

/// Why a rollout was not begun, or does not obey.
package enum RolloutRefusal: String, Error, Sendable, CaseIterable, CustomStringConvertible {
    case noFlag = "unknown"
    case unknownVariant = "unknown_variant"
    case disabled
    case notReferred = "not_referred"
    case active
    case noneUnderWay = "none"

    package var description: String {
        switch self {
        case .noFlag: "this environment has no such flag"
        case .unknownVariant: "the flag has no such variant: control and treatment are variants of it"
        case .disabled: "the flag is disabled: enable it first"
        case .notReferred:
            #"the flag's targeting does not refer to the rollout: put {"$ref": "rollout/KEY"} where it shall decide, or take the targeting away"#
        case .active: "the flag has a rollout under way: cancel it or roll it back first"
        case .noneUnderWay: "the flag has no rollout under way"
        }
    }
}
