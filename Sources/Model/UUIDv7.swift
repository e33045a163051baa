package import FoundationEssentials
import Glibc
import Synchronization

/// Time-ordered UUIDs of RFC 9562, section 5.7: 48 bits of Unix milliseconds, a 12-bit counter (method 1 of section
/// 6.2), 62 random bits. Ids of one process ascend, also when its clock is set back.
package enum UUIDv7 {
    private struct Last {
        var milliseconds: UInt64 = 0
        var counter: UInt64 = 0
    }

    private static let last = Mutex(Last())
    private static let random = Mutex(RandomWords())
    private static let counterMaximum: UInt64 = 0xfff

    package static func next() -> UUID {
        next(
            milliseconds: UInt64(max(0, Date().timeIntervalSince1970 * 1000)), random: random.withLock { $0.next() })
    }

    static func next(milliseconds now: UInt64, random: UInt64) -> UUID {
        let (milliseconds, counter) = last.withLock { last in
            if now > last.milliseconds {
                // Half of the counter's range is left for this millisecond; beyond it the next one is borrowed.
                last = Last(milliseconds: now, counter: random >> 53)
            } else if last.counter < counterMaximum {
                last.counter += 1
            } else {
                last = Last(milliseconds: last.milliseconds + 1, counter: 0)
            }
            return (last.milliseconds, last.counter)
        }
        let high = milliseconds << 16 | 0x7000 | counter
        let low = 0x8000_0000_0000_0000 | random >> 2
        return UUID(high: high, low: low)
    }
}

/// The system's random numbers, 64 words at a time: Swift's own generator makes a system call for each.
private struct RandomWords {
    private var words: [UInt64] = []

    mutating func next() -> UInt64 {
        if let word = words.popLast() { return word }
        words = [UInt64](repeating: 0, count: 64)
        words.withUnsafeMutableBytes { buffer in
            if let start = buffer.baseAddress { arc4random_buf(start, buffer.count) }
        }
        return words.removeLast()
    }
}

extension UUID {
    package init(high: UInt64, low: UInt64) {
        let bytes = (high.bigEndian, low.bigEndian)
        self = withUnsafeBytes(of: bytes) { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }

    /// Unix milliseconds of a UUIDv7.
    package var milliseconds: UInt64 {
        withUnsafeBytes(of: uuid) { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) >> 16 }
    }
}
