/// The parameters of a circuit. Their defaults are those of the gateway; the design of the circuits gives the reasons.
package struct CircuitPolicy: Policy, Hashable {
    package typealias Overrides = PolicyOverrides<Self>

    /// Outcomes older than this don't count. Longer than `timeout`, or a destination that only times out is never
    /// seen failing.
    package var window = Duration.seconds(60)
    package var bucket = Duration.seconds(5)
    /// When above 0, the window is the last so many calls instead, whatever their age.
    package var windowCalls = 0

    /// Calls in the window below which no ratio is judged.
    package var minCalls = 10
    package var failRatio = 0.5
    /// So many failures without a success open the circuit, however few calls there are; 0 turns the rule off.
    package var consecutive = 5
    /// Whether `consecutive` counts from the last success, or asks for a window without any.
    package var consecutiveSinceSuccess = false
    /// Whether repeated 500s of one request count once per window.
    package var distinct500 = true

    /// From the destination's settings.
    package var timeout = Duration.seconds(30)
    /// Share of `timeout` beyond which a call is slow.
    package var slowThreshold = 0.8
    package var slowRatio = 0.9

    package var waitBase = Duration.seconds(5)
    /// Base where the failures are such that seconds won't heal them: TLS, and names that don't exist.
    package var waitBaseLasting = Duration.seconds(60)
    /// What each re-opening multiplies the wait by; 1 is a fixed wait.
    package var waitFactor = 2.0
    package var waitCap = Duration.seconds(300)
    /// Share of the wait that is random, in either direction.
    package var waitJitter = 0.2
    /// More would be a way to park a tenant's deliveries for good.
    package var retryAfterCap = Duration.seconds(3600)
    /// Pause after a pushback that names none: one tick of the limit, which it halves.
    package var pushbackWait = Duration.seconds(1)
    /// Stable time in CLOSED that takes back one re-opening.
    package var forgiveAfter = Duration.seconds(60)

    package var probesNeeded = 3
    package var probesAllowed = 4
    package var concurrentProbes = 1
    /// Whether a failure before any success re-opens at once, so that a dead host gets one request per wait.
    package var firstProbeDecides = true
    /// Time that a probe's lease lasts beyond `timeout`.
    package var leaseSlack = Duration.seconds(5)
    /// Leases that may be lost in one half-open phase: deploys kill workers.
    package var lostLeases = 2
    /// Time in HALF_OPEN without a probe's verdict or a live lease.
    package var halfOpenLimit = Duration.seconds(60)

    /// Whether RAMPING stands between HALF_OPEN and CLOSED.
    package var ramp = true
    package var rampMinCalls = 5
    package var rampFailRatio = 0.3
    package var rampConsecutive = 3
    /// From the destination's settings.
    package var maxInFlight = 64

    /// Openings within `flapWindow` that raise the alarm, which multiplies the base of the wait; 0 turns it off.
    package var flapOpenings = 5
    package var flapWindow = Duration.seconds(3600)
    package var flapFactor = 4.0

    /// Clean calls of another worker that cast doubt on the only worker with failures; 0 turns the doubt off.
    package var alibiCalls = 3
    /// How long the doubt keeps the circuit from opening.
    package var alibiTime = Duration.seconds(30)

    package init() {}
}
