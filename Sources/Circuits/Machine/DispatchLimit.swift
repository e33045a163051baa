package import Postgres

/// What has been completed since the epoch began, as far back as the buckets go, and what is under way. Failures count as
/// in the window: a 500 once per request.
package struct LimitSample: Sendable, Hashable {
    package var completed: Completed
    package var inFlight: Int
    package var backlogIsEmpty: Bool
    /// Latency now, and in the last good minute; nil where too few calls tell.
    package var p90: Duration?
    package var goodP90: Duration?

    package init(
        _ completed: Completed, inFlight: Int, backlogIsEmpty: Bool = false, p90: Duration? = nil,
        goodP90: Duration? = nil
    ) {
        self.completed = completed
        self.inFlight = inFlight
        self.backlogIsEmpty = backlogIsEmpty
        self.p90 = p90
        self.goodP90 = goodP90
    }

    package struct Completed: Sendable, Hashable {
        package var ok: Int
        package var fail: Int
        package var pushback: Int

        package init(ok: Int = 0, fail: Int = 0, pushback: Int = 0) {
            self.ok = ok
            self.fail = fail
            self.pushback = pushback
        }

        var total: Int { ok + fail + pushback }

        static func - (a: Self, b: Self) -> Self {
            Self(ok: a.ok - b.ok, fail: a.fail - b.fail, pushback: a.pushback - b.pushback)
        }

        func atMost(_ other: Self) -> Self {
            Self(ok: min(ok, other.ok), fail: min(fail, other.fail), pushback: min(pushback, other.pushback))
        }
    }
}

/// A cluster-wide limit of deliveries in flight: TCP's slow start up to a threshold, then additive increase; decrease by
/// factors. Loss is the signal, because few destinations give samples enough to tell by their latency.
package struct DispatchLimit: Sendable, Hashable {
    /// At least 1; its whole part is allowed in flight.
    package var value: Double
    /// Below it the limit doubles: `ssthresh`.
    package var threshold: Double
    package var changedAt: Timestamp
    /// The sample's sums at the last tick; nil: the next tick only takes them down.
    package var seen: LimitSample.Completed?

    package init(value: Double, threshold: Double, changedAt: Timestamp, seen: LimitSample.Completed? = nil) {
        self.value = value
        self.threshold = threshold
        self.changedAt = changedAt
        self.seen = seen
    }

    static let period = Duration.seconds(1)
    /// Below so many completions a tick would judge noise.
    static let leastSample = 5.0

    /// Slow start up to half of what was good.
    static func first(target: Double, at now: Timestamp) -> Self {
        Self(value: 1, threshold: max(1, target / 2), changedAt: now, seen: .init())
    }

    enum Tick {
        case decreased, held, grown
    }

    /// A tick is a second, or as many completions as the limit, whichever is later. nil: it is not time for one.
    mutating func tick(_ sample: LimitSample, maximum: Double, at now: Timestamp) -> Tick? {
        // Sums fall when old buckets are dropped.
        let base = (seen ?? sample.completed).atMost(sample.completed)
        seen = base
        let new = sample.completed - base
        // The clock may have been set back.
        changedAt = min(changedAt, now)
        guard now - changedAt >= Self.period, Double(new.total) >= max(Self.leastSample, value) else { return nil }
        seen = sample.completed
        changedAt = now
        if new.pushback > 0 {
            decrease(by: 0.5)
        } else if 10 * new.fail >= new.ok + new.fail {
            decrease(by: 0.7)
        } else if let p90 = sample.p90, let good = sample.goodP90, p90 > good * 2 {
            // Latency is a hint only: the limit gives way, and slow start may take it back.
            value = max(1, 0.9 * value)
        } else if Double(2 * sample.inFlight) >= value {
            value = min(maximum, value < threshold ? min(2 * value, threshold) : value + 1)
            return .grown
        } else {
            return .held
        }
        return .decreased
    }

    /// Answers of the calls that were in flight together count as one pushback.
    mutating func pushBack(_ count: Int, at now: Timestamp) {
        seen?.pushback += count
        guard now - changedAt >= Self.period else { return }
        changedAt = now
        decrease(by: 0.5)
    }

    mutating func decrease(by factor: Double) {
        value = max(1, factor * value)
        threshold = value
    }
}
