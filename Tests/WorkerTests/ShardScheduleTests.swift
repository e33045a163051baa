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
            schedule.claimed(shard, deliveries: 1, now: start)
        }
        #expect(turns == [3, 1, 2, 3, 1, 2])
    }

    @Test func aShardWithoutYieldIsTriedAgainAndThenForgotten() {
        var schedule = ShardSchedule()
        schedule.mark([5], now: start)
        var now = start
        for miss in 1..<ShardSchedule.maximumMisses {
            #expect(schedule.turn(now: now) == .claim(5))
            schedule.claimed(5, deliveries: 0, now: now)
            let next = now + ShardSchedule.pause * miss
            #expect(schedule.turn(now: now) == .wait(until: next))
            now = next
        }
        schedule.claimed(5, deliveries: 0, now: now)
        #expect(schedule.turn(now: now + .seconds(60)) == .idle)
    }

    @Test func aMarkEndsThePause() {
        var schedule = ShardSchedule()
        schedule.mark([5], now: start)
        schedule.claimed(5, deliveries: 0, now: start)
        #expect(schedule.turn(now: start) != .claim(5))
        schedule.mark([5], now: start)
        #expect(schedule.turn(now: start) == .claim(5))
    }

    @Test func aPauseOfOneDoesNotHoldUpOthers() {
        var schedule = ShardSchedule()
        schedule.mark([1, 2], now: start)
        schedule.claimed(1, deliveries: 0, now: start)
        #expect(schedule.turn(now: start) == .claim(2))
        schedule.claimed(9, deliveries: 0, now: start)
        #expect(schedule.turn(now: start) == .claim(2))
    }

    @Test func marksDoNotPileUp() {
        var schedule = ShardSchedule()
        for _ in 0..<3 { schedule.mark([4], now: start) }
        for _ in 0..<ShardSchedule.maximumMisses { schedule.claimed(4, deliveries: 0, now: start) }
        #expect(schedule.turn(now: start + .seconds(1)) == .idle)
    }
}
