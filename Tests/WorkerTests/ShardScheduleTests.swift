import Testing

@testable import Worker

struct ShardScheduleTests {
    private let start = ContinuousClock.now

    @Test func nothingIsMarkedAtFirst() {
        #expect(ShardSchedule().turn(now: start) == .idle)
    }

    @Test func shardsWithWorkTakeTurns() {
        var schedule = ShardSchedule()
        schedule.mark([3, 1, 2], now: start)
        var turns: [Int16] = []
        for _ in 0..<6 {
            guard case .claim(let shard) = schedule.turn(now: start) else { break }
            turns.append(shard)
            schedule.take(shard, .more, now: start)
        }
        #expect(turns == [3, 1, 2, 3, 1, 2])
    }

    @Test func aFailedShardIsTriedAgainAndThenForgotten() {
        var schedule = ShardSchedule()
        schedule.mark([5], now: start)
        var now = start
        for miss in 1..<ShardSchedule.maximumMisses {
            #expect(schedule.turn(now: now) == .claim(5))
            schedule.take(5, .failed, now: now)
            let next = now + ShardSchedule.pause * (1 << (miss - 1))
            #expect(schedule.turn(now: now) == .wait(until: next))
            now = next
        }
        schedule.take(5, .failed, now: now)
        #expect(schedule.turn(now: now + .seconds(60)) == .idle)
    }

    @Test func aLockedShardIsTriedUntilItYields() {
        var schedule = ShardSchedule()
        schedule.mark([5], now: start)
        var now = start
        for pause in [1, 2, 4, 8, 8, 8, 8] {
            #expect(schedule.turn(now: now) == .claim(5))
            schedule.take(5, .locked, now: now)
            let next = now + .milliseconds(pause)
            #expect(schedule.turn(now: now) == .wait(until: next))
            now = next
        }
        schedule.take(5, .more, now: now)
        #expect(schedule.turn(now: now) == .claim(5))
        schedule.take(5, .locked, now: now)
        #expect(schedule.turn(now: now) == .wait(until: now + ShardSchedule.pause))
    }

    @Test func aMarkEndsThePause() {
        var schedule = ShardSchedule()
        schedule.mark([5], now: start)
        schedule.take(5, .failed, now: start)
        #expect(schedule.turn(now: start) != .claim(5))
        schedule.mark([5], now: start)
        #expect(schedule.turn(now: start) == .claim(5))
    }

    @Test func newsAreOfShardsThatWereToldOfSince() {
        var schedule = ShardSchedule()
        schedule.mark([1, 2], now: start)
        #expect(schedule.news(now: start) == 1)
        schedule.take(1, .more, now: start)
        #expect(schedule.news(now: start) == 2)
        schedule.take(2, .more, now: start)
        #expect(schedule.news(now: start) == nil && schedule.turn(now: start) == .claim(1))
        schedule.mark([2], now: start)
        #expect(schedule.news(now: start) == 2)
    }

    @Test func aPauseOfOneDoesNotHoldUpOthers() {
        var schedule = ShardSchedule()
        schedule.mark([1, 2], now: start)
        schedule.take(1, .failed, now: start)
        #expect(schedule.turn(now: start) == .claim(2))
        schedule.take(9, .failed, now: start)
        #expect(schedule.turn(now: start) == .claim(2))
    }

    @Test func marksDoNotPileUp() {
        var schedule = ShardSchedule()
        for _ in 0..<3 { schedule.mark([4], now: start) }
        for _ in 0..<ShardSchedule.maximumMisses { schedule.take(4, .failed, now: start) }
        #expect(schedule.turn(now: start + .seconds(1)) == .idle)
    }

    @Test func anExhaustedShardLeaves() {
        var schedule = ShardSchedule()
        schedule.mark([6], now: start)
        schedule.take(6, .exhausted, now: start)
        #expect(schedule.turn(now: start) == .idle)
    }

    @Test(arguments: [ShardSchedule.Result.exhausted, .locked, .failed])
    func aMarkDuringAClaimIsNotLost(_ result: ShardSchedule.Result) {
        var schedule = ShardSchedule()
        schedule.mark([6], now: start)
        schedule.begin(6)
        schedule.mark([6], now: start)
        schedule.claimed(6, result, now: start)
        #expect(schedule.turn(now: start) == .claim(6))
    }
}

extension ShardSchedule {
    fileprivate mutating func take(_ shard: Int16, _ result: Result, now: ContinuousClock.Instant) {
        begin(shard)
        claimed(shard, result, now: now)
    }
}
