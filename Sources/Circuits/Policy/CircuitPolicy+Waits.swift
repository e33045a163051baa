extension CircuitPolicy {
    /// How long the circuit stays open.
    /// - Parameters:
    ///   - steps: openings before this one that are not forgiven.
    ///   - jitter: in 0..<1.
    func wait(steps: Int, isLasting: Bool, isFlapping: Bool, jitter: Double) -> Duration {
        var wait = isLasting ? max(waitBase, waitBaseLasting) : waitBase
        if isFlapping { wait = wait * flapFactor }
        for _ in 0..<min(steps, maximumSteps) where wait < waitCap { wait = wait * waitFactor }
        return min(wait, waitCap) * (1 - waitJitter + 2 * waitJitter * jitter)
    }

    /// Openings after which the wait has reached its cap. To remember more would let an outage of a week be forgiven
    /// only after days.
    var maximumSteps: Int {
        var steps = 0
        var wait = waitBase
        while wait < waitCap, waitFactor > 1, steps < 64 {
            wait = wait * waitFactor
            steps += 1
        }
        return steps
    }

    package var leaseDuration: Duration { timeout + leaseSlack }

    package var slowAfter: Duration { timeout * slowThreshold }
}
