import Synchronization

/// Bounds the bytes of all bodies that are in memory at the same time.
final class BodyBudget: Sendable {
    private let limit: Int
    private let held = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    /// Throws a `Problem` beyond the limit; what was taken must be given back in any case.
    func take(_ bytes: Int) throws {
        guard held.add(bytes, ordering: .relaxed).newValue <= limit else {
            throw Problem(.overloaded, "Too much is being received at the moment. Try again.").retry(after: 1)
        }
    }

    func give(_ bytes: Int) { held.subtract(bytes, ordering: .relaxed) }
}
