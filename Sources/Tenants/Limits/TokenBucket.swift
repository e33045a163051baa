/// A rate with a burst. Empties by what is taken, and fills with time up to its size; pure.
package struct TokenBucket: Sendable, Hashable {
    /// Tokens a second.
    package private(set) var rate: Double
    /// Tokens that it holds when it is full; at least 1.
    package private(set) var size: Double
    private var tokens: Double
    private var at: Duration

    /// Full at first.
    ///
    /// - Parameter now: on a clock that only goes forward.
    package init(rate: Double, size: Double, now: Duration) {
        self.rate = rate
        self.size = max(size, 1)
        tokens = self.size
        at = now
    }

    /// Takes so many, or none and tells how long to wait for them. More than its size are given when it is full, and
    /// owed: else they could never be had.
    package mutating func take(_ count: Int, now: Duration) -> Duration? {
        fill(now)
        let needed = min(Double(count), size)
        guard tokens >= needed else { return .seconds((needed - tokens) / rate) }
        tokens -= Double(count)
        return nil
    }

    /// Tokens that are left.
    package var remaining: Int { Int(max(tokens, 0)) }

    /// Until it is full again.
    package var untilFull: Duration { .seconds((size - tokens) / rate) }

    /// Its rate and size are changed, what it holds is kept.
    package mutating func adjust(rate: Double, size: Double, now: Duration) {
        guard rate != self.rate || max(size, 1) != self.size else { return }
        fill(now)
        (self.rate, self.size) = (rate, max(size, 1))
        tokens = min(tokens, self.size)
    }

    private mutating func fill(_ now: Duration) {
        guard now > at else { return }
        tokens = min(size, tokens + rate * ((now - at) / .seconds(1)))
        at = now
    }
}
