/// Outcomes of a destination, as one worker counted them in one epoch: a bucket, or a sum of buckets.
package struct CircuitCounts: Sendable, Hashable {
    package var ok = 0
    /// All failures but 500s and the resolver's.
    package var fail = 0
    /// Those of `fail` that seconds won't heal.
    package var lasting = 0
    /// Every 500.
    package var serverErrors = 0
    /// Requests that the 500s belong to.
    package var distinct = 0
    package var unresolved = 0
    /// Of the above, those that took too long.
    package var slow = 0
    package var pushback = 0
    package var rttSum = Duration.zero

    package init() {}

    /// - Parameter isRepeated: the request's 500 is not the first in this window.
    package mutating func add(_ signal: CircuitSignal, rtt: Duration = .zero, isRepeated: Bool = false) {
        switch signal.kind {
        case .ignored: return
        case .pushback: pushback += 1
        case .ok: ok += 1
        case .failure(.serverError):
            serverErrors += 1
            if !isRepeated { distinct += 1 }
        case .failure(.unresolved): unresolved += 1
        case .failure(let failure):
            fail += 1
            if failure == .lasting { lasting += 1 }
        }
        if signal.isSlow { slow += 1 }
        rttSum += rtt
    }

    /// - Parameter resolverCounts: at least two workers could not resolve the name.
    func failures(_ policy: CircuitPolicy, resolverCounts: Bool) -> Int {
        fail + (policy.distinct500 ? distinct : serverErrors) + (resolverCounts ? unresolved : 0)
    }

    package static func + (a: Self, b: Self) -> Self {
        var sum = a
        sum += b
        return sum
    }

    package static func += (sum: inout Self, other: Self) {
        sum.ok += other.ok
        sum.fail += other.fail
        sum.lasting += other.lasting
        sum.serverErrors += other.serverErrors
        sum.distinct += other.distinct
        sum.unresolved += other.unresolved
        sum.slow += other.slow
        sum.pushback += other.pushback
        sum.rttSum += other.rttSum
    }
}
