import Model
import Synchronization
import Tenants

/// Holds back keys that can't be kept secret: whoever reads one in a page could ask without end. All callers with one key
/// share its rate in a process.
final class ClientKeyLimits: Sendable {
    /// Evaluations a second, and at once after a quiet time: those of many thousand open pages, and a small part of what a
    /// process can do.
    static let (rate, burst) = (500.0, 1_000.0)
    /// Keys that are remembered; a full bucket says no more than none.
    private static let keys = 10_000

    private let start = ContinuousClock.now
    private let rate: Double
    private let burst: Double
    private let buckets = Mutex([KeyID: TokenBucket]())

    init(rate: Double = ClientKeyLimits.rate, burst: Double = ClientKeyLimits.burst) {
        (self.rate, self.burst) = (rate, burst)
    }

    /// Throws a `Problem`.
    func take(_ key: KeyID) throws {
        let now = .now - start
        let wait = buckets.withLock { buckets -> Duration? in
            if buckets.count >= Self.keys { buckets.removeAll() }
            return buckets[key, default: TokenBucket(rate: rate, size: burst, now: now)].take(1, now: now)
        }
        guard let wait else { return }
        let seconds = Int((wait / .seconds(1)).rounded(.up))
        throw Problem(.rateExceeded, "This key evaluates flags too often; come back in \(seconds) s.")
            .retry(after: seconds)
    }
}
