/// When to try again: base · 2ⁿ up to a cap, of which the jitter takes up to a fifth in either direction.
package struct Backoff: Sendable, Hashable {
    package let base: Duration
    package let cap: Duration

    package init(base: Duration, cap: Duration) {
        self.base = base
        self.cap = cap
    }

    /// - Parameters:
    ///   - attempts: how many have been made, at least 1.
    ///   - floor: what the destination asked for (Retry-After), at most `maximumFloor` of which is granted.
    ///   - jitter: in 0..<1.
    package func delay(after attempts: Int, floor: Duration = .zero, jitter: Double) -> Duration {
        let doublings = min(max(attempts - 1, 0), 40)
        let full = min(cap, doublings < 30 ? base * (1 << doublings) : cap)
        return max(full * (0.8 + 0.4 * jitter), min(floor, Self.maximumFloor))
    }

    /// A destination may ask for an hour; more would be a way to park a tenant's deliveries for good.
    package static let maximumFloor = Duration.seconds(3600)
}
