import Synchronization
import Tenants

/// How often a peer may try to log in, in this process: keys can't be guessed, but an operator's token may be a word.
final class LoginLimit: Sendable {
    /// Tries at once, and then one in six seconds: more than a person needs.
    static let burst = 10.0
    static let rate = 1.0 / 6
    /// Peers that are remembered. All others share one allowance.
    static let peers = 1_000

    private let start = ContinuousClock.now
    private let buckets = Mutex<[String: TokenBucket]>([:])

    /// Takes one try; returns how long to wait for one where there is none.
    ///
    /// - Parameter address: of IPv4 or IPv6, as the system writes them.
    func take(_ address: String) -> Duration? { take(Self.peer(address), now: .now - start) }

    func take(_ peer: String, now: Duration) -> Duration? {
        buckets.withLock { buckets in
            var name = peer
            if buckets[name] == nil, buckets.count >= Self.peers {
                for (name, bucket) in buckets where bucket.isFull(at: now) { buckets[name] = nil }
                if buckets.count >= Self.peers { name = "" }
            }
            return buckets[name, default: TokenBucket(rate: Self.rate, size: Self.burst, now: now)].take(1, now: now)
        }
    }

    /// An address; of IPv6 its network of 64 bits, for who has one of its addresses has all.
    static func peer(_ address: String) -> String {
        // With a dot it is one of IPv4 within IPv6.
        guard address.contains(":"), !address.contains(".") else { return address }
        let halves = address.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
            .map { $0.split(separator: ":") }
        let (first, last) = (halves[0], halves.count == 2 ? halves[1] : [])
        let zeros = [Substring](repeating: "0", count: max(0, 8 - first.count - last.count))
        return (first + zeros + last).prefix(4).joined(separator: ":")
    }
}

extension TokenBucket {
    fileprivate func isFull(at now: Duration) -> Bool {
        var bucket = self
        _ = bucket.take(0, now: now)
        return bucket.untilFull <= .zero
    }
}
