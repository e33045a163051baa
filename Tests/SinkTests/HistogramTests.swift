import Bench
import Testing

struct HistogramTests {
    /// Numbers from 0 to some hours, dense below and sparse above, always the same.
    private func values(_ count: Int) -> [Int] {
        var state: UInt64 = 42
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) >> Int(state >> 20 & 31)
        }
    }

    @Test func agreesWithASortedArray() {
        let values = values(20000)
        let sorted = values.sorted()
        var histogram = Histogram()
        for value in values { histogram.record(microseconds: value) }
        for percent in [0.0, 1, 10, 25, 50, 75, 90, 99, 99.9, 99.99, 100] {
            let exact = sorted[max(0, Int((percent / 100 * 20000).rounded(.up)) - 1)]
            let found = histogram.percentile(percent)
            #expect(found >= exact, "p\(percent)")
            #expect(Double(found) <= Double(exact) * 1.016 + 0.5, "p\(percent)")
        }
        #expect(histogram.count == 20000)
        #expect(histogram.maximum == sorted.last)
        #expect(abs(histogram.mean - Double(sorted.reduce(0, +)) / 20000) < 0.001)
    }

    @Test func mergesAsIfRecordedTogether() {
        var halves = [Histogram(), Histogram()]
        var whole = Histogram()
        for (index, value) in values(1000).enumerated() {
            halves[index % 2].record(microseconds: value)
            whole.record(microseconds: value)
        }
        halves[0].merge(halves[1])
        #expect(halves[0].count == 1000)
        #expect(halves[0].maximum == whole.maximum)
        for percent in stride(from: 0.0, through: 100, by: 0.5) {
            #expect(halves[0].percentile(percent) == whole.percentile(percent))
        }
    }

    @Test func takesDurationsAndBoundsThem() {
        var histogram = Histogram()
        #expect(histogram.p99 == 0)
        histogram.record(.microseconds(127))
        #expect(histogram.p50 == 127)
        histogram.record(.milliseconds(-1))
        #expect(histogram.percentile(0) == 0)
        histogram.record(.seconds(86400))
        #expect(histogram.maximum == 4_294_967_295)
    }
}
