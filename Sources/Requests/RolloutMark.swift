package import Model

/// Which side of a rollout a delivery is on: its outcome counts for that side.
package struct RolloutMark: Sendable, Hashable {
    package let rollout: RolloutID
    /// Of the rollout, when the request was stored.
    package let step: Int16
    package let isTreatment: Bool
    /// What was hashed to find the side: outcomes of one unit hang together.
    package let unit: String

    package init(_ rollout: RolloutID, step: Int16, isTreatment: Bool, unit: String) {
        self.rollout = rollout
        self.step = step
        self.isTreatment = isTreatment
        self.unit = unit
    }
}
