/// How many deliveries of a tenant wait, as one process knows: what was counted last, and what this process has stored
/// since. It is too high by what was delivered since the count, and too low by what other processes stored since; so it
/// is counted anew when it is old, and early when it comes near the limit. Pure.
package struct WaitingEstimate: Sendable, Hashable {
    /// Age at which a count that is used is replaced.
    package static let maximumAge = Duration.seconds(10)
    /// The same for one that says that little or nothing is left.
    package static let ageNearLimit = Duration.seconds(1)
    /// A count may take this part of the time.
    private static let costFactor = 20

    private var counted: Int64 = 0
    private var stored: Int64 = 0
    private var storedBeforeCount: Int64 = 0
    private var countedAt: Duration?
    private var duration = Duration.zero
    private var countingSince: Duration?

    package init() {}

    package var value: Int64 { counted + stored }

    /// Whether so many more may be stored. The first ones of a process may: they are not held up for a count.
    package mutating func take(_ count: Int, limit: Int64) -> Bool {
        guard countedAt == nil || value + Int64(count) <= limit else { return false }
        stored += Int64(count)
        return true
    }

    /// So many more are stored.
    package mutating func add(_ count: Int) { stored += Int64(count) }

    /// Whether it is time to count; true once for each count.
    package mutating func beginCount(limit: Int64, now: Duration) -> Bool {
        guard countingSince == nil else { return false }
        if let countedAt {
            let isNear = value * 5 >= limit * 4
            let age = max(isNear ? Self.ageNearLimit : Self.maximumAge, duration * Self.costFactor)
            guard now - countedAt >= age else { return false }
        }
        countingSince = now
        storedBeforeCount = stored
        return true
    }

    /// What was counted; nil where that failed.
    package mutating func endCount(_ result: Int64?, now: Duration) {
        guard let start = countingSince else { return }
        countingSince = nil
        guard let result else { return }
        counted = result
        stored -= storedBeforeCount
        duration = now - start
        countedAt = now
    }
}
