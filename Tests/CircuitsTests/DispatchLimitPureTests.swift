import Postgres
import Testing

@testable import Circuits

struct DispatchLimitPureTests {
    private let start = Timestamp(microseconds: 0)

    @Test func slowStartThenAStepATick() {
        var limit = DispatchLimit.first(target: 64, at: start)
        var values: [Int] = [1]
        var sums = LimitSample.Completed()
        var now = start
        while values.last != 64, values.count < 100 {
            now = now + .seconds(1)
            sums.ok += 64
            _ = limit.tick(LimitSample(sums, inFlight: 64), maximum: 1_000, at: now)
            values.append(Int(limit.value))
        }
        #expect(values.prefix(8) == [1, 2, 4, 8, 16, 32, 33, 34])
        #expect(values.count - 1 == 37)
    }

    struct Case: Sendable {
        let sample: LimitSample
        let value: Double
        let threshold: Double
        let tick: DispatchLimit.Tick
    }

    @Test(arguments: [
        Case(sample: .init(.init(ok: 99, pushback: 1), inFlight: 20), value: 10, threshold: 10, tick: .decreased),
        Case(sample: .init(.init(ok: 90, fail: 10), inFlight: 20), value: 14, threshold: 14, tick: .decreased),
        Case(sample: .init(.init(ok: 91, fail: 9), inFlight: 20), value: 21, threshold: 20, tick: .grown),
        Case(sample: .init(.init(ok: 99), inFlight: 10), value: 21, threshold: 20, tick: .grown),
        Case(sample: .init(.init(ok: 99), inFlight: 9), value: 20, threshold: 20, tick: .held),
        Case(
            sample: .init(.init(ok: 99), inFlight: 20, p90: .milliseconds(201), goodP90: .milliseconds(100)),
            value: 18, threshold: 20, tick: .decreased),
        Case(
            sample: .init(.init(ok: 99), inFlight: 20, p90: .milliseconds(200), goodP90: .milliseconds(100)),
            value: 21, threshold: 20, tick: .grown),
    ])
    func aTick(_ row: Case) {
        var limit = DispatchLimit(value: 20, threshold: 20, changedAt: start, seen: .init())
        #expect(limit.tick(row.sample, maximum: 64, at: start + .seconds(1)) == row.tick)
        #expect((limit.value, limit.threshold) == (row.value, row.threshold))
    }

    @Test func aTickWaitsForASecondAndForItsSample() {
        var limit = DispatchLimit(value: 20, threshold: 20, changedAt: start, seen: .init())
        #expect(limit.tick(.init(.init(ok: 99), inFlight: 20), maximum: 64, at: start + .milliseconds(999)) == nil)
        #expect(limit.tick(.init(.init(ok: 19), inFlight: 20), maximum: 64, at: start + .seconds(60)) == nil)
        #expect(limit.tick(.init(.init(ok: 20), inFlight: 20), maximum: 64, at: start + .seconds(60)) == .grown)
        #expect(limit.tick(.init(.init(ok: 39), inFlight: 20), maximum: 64, at: start + .seconds(70)) == nil)
        #expect(limit.tick(.init(.init(ok: 41), inFlight: 20), maximum: 64, at: start + .seconds(70)) == .grown)
    }

    @Test func sumsThatFallDoNotStopTheTicks() {
        var limit = DispatchLimit(value: 2, threshold: 2, changedAt: start, seen: .init(ok: 1_000))
        #expect(limit.tick(.init(.init(ok: 10), inFlight: 2), maximum: 64, at: start + .seconds(1)) == nil)
        #expect(limit.tick(.init(.init(ok: 15), inFlight: 2), maximum: 64, at: start + .seconds(2)) == .grown)
    }

    @Test func neverBelowOneNorAboveTheMaximum() {
        var limit = DispatchLimit(value: 1, threshold: 8, changedAt: start, seen: .init())
        limit.pushBack(3, at: start + .seconds(1))
        #expect(limit.value == 1)
        for second in 2..<20 {
            _ = limit.tick(
                .init(.init(ok: second * 100, pushback: 3), inFlight: 9), maximum: 4, at: start + .seconds(second))
        }
        #expect(limit.value == 4)
    }

    @Test func pushbacksOfOneRoundHalveOnce() {
        var limit = DispatchLimit(value: 32, threshold: 32, changedAt: start, seen: .init())
        for _ in 0..<30 { limit.pushBack(1, at: start + .seconds(1)) }
        #expect(limit.value == 16)
        let sample = LimitSample(.init(ok: 20, pushback: 30), inFlight: 16)
        #expect(limit.tick(sample, maximum: 64, at: start + .seconds(2)) == .grown)
    }
}
