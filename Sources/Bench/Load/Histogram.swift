/// Counts of durations in microseconds, to a resolution of 1.6 %: exact below 128, then 64 buckets for each doubling.
package struct Histogram: Sendable {
    private static let bucketBits = 6
    /// 2^32 us are 71 minutes; longer durations count as this long.
    private static let limit = (1 << 32) - 1

    private var buckets = [Int](repeating: 0, count: Histogram.index(of: Histogram.limit) + 1)
    package private(set) var count = 0
    /// Exact, in microseconds.
    package private(set) var maximum = 0
    private var sum = 0

    package init() {}

    package var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }
    package var p50: Int { percentile(50) }
    package var p90: Int { percentile(90) }
    package var p99: Int { percentile(99) }
    package var p999: Int { percentile(99.9) }

    package mutating func record(microseconds: Int) {
        let value = min(max(microseconds, 0), Self.limit)
        buckets[Self.index(of: value)] += 1
        count += 1
        sum += value
        if value > maximum { maximum = value }
    }

    package mutating func record(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        record(microseconds: Int(seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000))
    }

    package mutating func merge(_ other: Histogram) {
        for index in buckets.indices { buckets[index] += other.buckets[index] }
        count += other.count
        sum += other.sum
        maximum = max(maximum, other.maximum)
    }

    /// In microseconds, never understated: the upper end of the bucket that holds the nearest rank. 0 when empty.
    package func percentile(_ percent: Double) -> Int {
        let rank = max(1, Int((percent / 100 * Double(count)).rounded(.up)))
        var seen = 0
        for (index, bucket) in buckets.enumerated() {
            seen += bucket
            if seen >= rank { return min(Self.upperEnd(of: index), maximum) }
        }
        return maximum
    }

    private static func index(of value: Int) -> Int {
        let shift = max(0, Int.bitWidth - value.leadingZeroBitCount - 1 - bucketBits)
        return (shift << bucketBits) + (value >> shift)
    }

    private static func upperEnd(of index: Int) -> Int {
        let shift = max(0, (index >> bucketBits) - 1)
        return ((index - (shift << bucketBits) + 1) << shift) - 1
    }
}
