extension Circuit {
    /// What the holder of the row's lock has to do, in the same transaction.
    package enum Effect: Sendable, Hashable {
        /// Copy to the destination's lanes.
        case setGate(Gate)
        /// One per epoch.
        case notify
        case record(CircuitEvent)
        case grant(ProbeLease)
        case refuse(Refusal)
        /// The outcome belongs to another epoch or to a lease that is over; it was not counted.
        case dropStale
    }

    package enum Refusal: String, Sendable {
        /// The mode does not let the machine act.
        case mode
        /// The circuit is closed or ramping.
        case notOpen = "not_open"
        case notDue = "not_due"
        case throttled
        /// All probes that may run do.
        case busy
    }
}
