import Model

/// What a process knows of circuits between two looks: those that are not simply closed. A hint, never the truth: the
/// gate is in the claim.
package struct CircuitSnapshot: Sendable {
    package struct Entry: Sendable, Hashable {
        /// Its lanes are held.
        package let holds: Bool
        package let epoch: Int64
        /// Deliveries in flight are limited, so that somebody has to count completions.
        package let isLimited: Bool
        /// The database's clock has been set back to before its last change.
        package let isAhead: Bool

        package init(holds: Bool, epoch: Int64, isLimited: Bool, isAhead: Bool = false) {
            self.holds = holds
            self.epoch = epoch
            self.isLimited = isLimited
            self.isAhead = isAhead
        }
    }

    package let circuits: [CircuitKey: Entry]

    package init(circuits: [CircuitKey: Entry] = [:]) { self.circuits = circuits }

    /// Whether a delivery that was claimed in the epoch should not be sent any more.
    package func holds(_ key: CircuitKey, claimedIn epoch: Int64) -> Bool {
        circuits[key].map { $0.holds && $0.epoch > epoch } ?? false
    }

    package func isLimited(_ key: CircuitKey) -> Bool { circuits[key]?.isLimited ?? false }
}
