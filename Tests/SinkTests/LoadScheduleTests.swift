import Testing

@testable import Bench

struct LoadScheduleTests {
    private let millisecond = 1_000_000

    private func schedule(_ pace: Load.Pace, _ extent: Load.Extent, warmUp: Duration = .zero) -> LoadSchedule {
        var load = Load(port: 0, extent: extent, requests: .same([]))
        load.pace = pace
        load.warmUp = warmUp
        return LoadSchedule(load)
    }

    @Test func openGivesWhatIsDueAndNoMore() {
        var schedule = schedule(.open(perSecond: 100), .duration(.milliseconds(30)), warmUp: .milliseconds(10))
        #expect(schedule.take(now: 0) == .init(index: 0, due: 0, isMeasured: false))
        #expect(schedule.take(now: 9 * millisecond) == nil)
        #expect(schedule.nextDue == 10 * millisecond)
        #expect(!schedule.isOver(now: 40 * millisecond))
        for index in 1...3 {
            let due = index * 10 * millisecond
            #expect(schedule.take(now: 500 * millisecond) == .init(index: index, due: due, isMeasured: true))
        }
        #expect(schedule.take(now: 500 * millisecond) == nil)
        #expect(schedule.nextDue == nil)
        #expect(!schedule.isOver(now: 39 * millisecond))
        #expect(schedule.isOver(now: 40 * millisecond))
    }

    @Test func openGroupsWhatIsDueWithinAGrain() {
        var schedule = schedule(.open(perSecond: 6000), .duration(.milliseconds(100)))
        var dues: [Int] = []
        while let ticket = schedule.take(now: 100 * millisecond) { dues.append(ticket.due) }
        #expect(dues.count == 600)
        #expect(dues.prefix(7) == [0, 0, 0, 500_000, 500_000, 500_000, 1_000_000])
    }

    @Test func closedGivesAtAnyTimeUntilTheEnd() {
        var schedule = schedule(.closed(), .duration(.milliseconds(30)))
        #expect(schedule.nextDue == nil)
        #expect(schedule.take(now: 0) == .init(index: 0, due: 0, isMeasured: true))
        #expect(schedule.take(now: 7) == .init(index: 1, due: 7, isMeasured: true))
        #expect(!schedule.isOver(now: 29 * millisecond))
        #expect(schedule.take(now: 30 * millisecond) == nil)
        #expect(schedule.isOver(now: 30 * millisecond))
    }

    @Test func countsOnlyWhatIsMeasured() {
        var schedule = schedule(.closed(), .count(2, within: .seconds(1)), warmUp: .milliseconds(1))
        let taken = [0, 1, millisecond, millisecond + 1, millisecond + 2].map { schedule.take(now: $0)?.isMeasured }
        #expect(taken == [false, false, true, true, nil])
        #expect(schedule.isLimitReached && schedule.isOver(now: 2 * millisecond))
    }

    @Test func openHasNothingDueWhenItsCountIsReached() {
        var schedule = schedule(.open(perSecond: 1000), .count(1))
        #expect(schedule.nextDue == 0)
        #expect(schedule.take(now: 20 * millisecond)?.index == 0)
        #expect(schedule.nextDue == nil)
    }

    @Test func countEndsWithItsTime() {
        var schedule = schedule(.closed(), .count(2, within: .seconds(1)))
        #expect(schedule.take(now: 1000 * millisecond) == nil)
        #expect(schedule.isOver(now: 1000 * millisecond))
        #expect(!schedule.isLimitReached)
    }
}
