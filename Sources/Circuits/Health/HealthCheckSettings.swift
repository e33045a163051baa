/// When a health check runs, and what changes its opinion.
package struct HealthCheckSettings: Policy, Hashable {
    package typealias Overrides = PolicyOverrides<Self>

    /// Successes in a row that bring a destination up.
    package var rise = 2
    /// Failures in a row that bring it down.
    package var fall = 3
    package var interval = Duration.seconds(30)
    /// While the opinion is about to change.
    package var fast = Duration.seconds(2)
    /// While down: grows by `downFactor` up to `downMaximum`.
    package var down = Duration.seconds(10)
    package var downFactor = 1.5
    package var downMaximum = Duration.seconds(60)
    /// Without traffic for `idleAfter`.
    package var idle = Duration.seconds(300)
    package var idleAfter = Duration.seconds(3600)
    /// Share of each interval that is random, in either direction.
    package var jitter = 0.2
    /// Statuses that bring the destination down at once.
    package var decisive: Set<Int> = []

    package init() {}

    package static let parameters: [PolicyParameter<Self>] = [
        .count("rise", \.rise),
        .count("fall", \.fall),
        .seconds("interval_s", \.interval),
        .seconds("fast_s", \.fast),
        .seconds("down_s", \.down),
        .number("down_factor", \.downFactor, 1...10, "1 to 10"),
        .seconds("down_max_s", \.downMaximum),
        .seconds("idle_s", \.idle),
        .seconds("idle_after_s", \.idleAfter),
        .number("jitter", \.jitter, 0...0.9, "0 to 0.9"),
    ]

    package var contradictions: [PolicyError.Problem] {
        guard downMaximum < down else { return [] }
        return [
            .init(
                parameter: "down_max_s", found: "\(PolicyValue.number(downMaximum.seconds))",
                allowed: "at least down_s, which is \(PolicyValue.number(down.seconds))")
        ]
    }
}
