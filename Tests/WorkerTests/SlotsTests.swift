import Model
import Testing

@testable import Worker

struct SlotsTests {
    private let start = ContinuousClock.now
    private let tenant = TenantID.new()

    private func slots(_ capacity: Int, taken: Int, bytes: Int = 1_000_000) -> Slots {
        var slots = Slots(capacity: capacity, byteCapacity: bytes)
        for _ in 0..<taken { slots.take(10, of: tenant) }
        return slots
    }

    /// Of 64 slots, 4 of which are reserved: how many are taken, and how much room is told right after a claim.
    @Test(arguments: [(0, 60), (45, 15), (46, 0), (60, 0), (64, 0)])
    func roomIsToldFromAQuarterOn(_ taken: Int, _ room: Int) {
        var slots = slots(64, taken: taken)
        slots.claim(now: start)
        #expect(slots.room(now: start) == room)
    }

    @Test func orAfterAWhile() {
        var slots = slots(64, taken: 58)
        slots.claim(now: start)
        #expect(slots.room(now: start) == 0)
        #expect(slots.roomAt == start + Slots.patience)
        #expect(slots.room(now: start + Slots.patience) == 2)
    }

    @Test func theLastSlotsAreForThoseWithLittleUnderWay() {
        var slots = slots(64, taken: 60)
        let other = TenantID.new()
        slots.take(10, of: other)
        #expect(slots.room(now: start + .seconds(1)) == 0)
        #expect(slots.roomAt == nil)
        #expect(slots.lastRoom == 3)
        #expect(slots.heavy(now: start) == [tenant])
        for _ in 0..<3 { slots.take(10, of: other) }
        #expect(slots.lastRoom == 0)
        #expect(slots.heavy(now: start) == [tenant, other])
    }

    /// What a release makes worth a look: the first slot, the first that is not reserved, a quarter, and the end.
    @Test func aReleaseTellsOfBetterRoom() {
        var slots = slots(64, taken: 64)
        let told = (0..<64).map { _ in slots.release(10, of: tenant, after: .zero, now: start) }
        #expect(told.enumerated().filter(\.element).map(\.offset) == [0, 4, 18, 63])
    }

    @Test func bytesBindToo() {
        var slots = Slots(capacity: 8, byteCapacity: 1_000)
        slots.take(999, of: tenant)
        #expect(slots.room(now: start) == 7 && slots.byteRoom == 1)
        slots.take(1, of: tenant)
        #expect(slots.room(now: start) == 0 && slots.lastRoom == 0)
        let isTold = slots.release(999, of: tenant, after: .zero, now: start)
        #expect(isTold)
        #expect(slots.room(now: start) == 7 && slots.byteRoom == 999)
    }

    @Test func aSingleSlotIsEnough() {
        var slots = Slots(capacity: 1, byteCapacity: 1)
        #expect(slots.room(now: start) == 1)
        slots.take(5, of: tenant)
        #expect(slots.room(now: start) == 0)
        let isTold = slots.release(5, of: tenant, after: .zero, now: start)
        #expect(isTold)
        #expect(slots.room(now: start) == 1)
    }

    /// Of 64 slots, 60 are one tenant's, and perhaps one is another's. So many end, each after its time: how many may be
    /// taken then.
    private func room(ending count: Int, after held: Duration, beside light: Duration?, at now: Duration) -> Int {
        var slots = slots(64, taken: 60)
        slots.claim(now: start)
        if let light {
            let other = TenantID.new()
            slots.take(10, of: other)
            _ = slots.release(10, of: other, after: light, now: start)
        }
        for _ in 0..<count { _ = slots.release(10, of: tenant, after: held, now: start) }
        return slots.room(now: start + now)
    }

    /// All slots are filled in two thirds of the time for which they are held, beside others.
    @Test(arguments: [(1_000, 2), (300, 6), (31, 58), (30, 60), (100_000, 1)])
    func slotsAreFilledAtAPace(_ milliseconds: Int, _ expected: Int) {
        let held = Duration.milliseconds(milliseconds)
        #expect(room(ending: 60, after: held, beside: .milliseconds(5), at: Slots.patience) == expected)
    }

    @Test func aHeavyTenantAloneFillsThemAtOnce() {
        #expect(room(ending: 60, after: .seconds(1), beside: nil, at: Slots.patience) == 60)
        // The others are gone, or the heavy one is.
        #expect(room(ending: 60, after: .seconds(1), beside: .milliseconds(5), at: Slots.memory) == 60)
    }

    /// Also where a quarter is free: the next portion comes with the next period.
    @Test func aPortionIsForAPeriod() {
        #expect(room(ending: 60, after: .seconds(1), beside: .milliseconds(5), at: .milliseconds(19)) == 0)
        #expect(room(ending: 60, after: .seconds(1), beside: nil, at: .milliseconds(19)) == 60)
        #expect(room(ending: 1, after: .seconds(1), beside: .milliseconds(5), at: Slots.patience) == 1)
    }

    /// A burst of answers leaves its tenant with nothing under way: it is left out for a while all the same.
    @Test func whoWasHeavyIsRemembered() {
        var slots = slots(64, taken: 60)
        for _ in 0..<60 { _ = slots.release(10, of: tenant, after: .seconds(1), now: start) }
        #expect(slots.heavy(now: start + .milliseconds(999)) == [tenant])
        #expect(slots.heavy(now: start + Slots.memory).isEmpty)
    }

    /// What heavy tenants' deliveries take is learned from each; what light ones' take does not count.
    @Test func thePaceFollowsWhatIsHeldNow() {
        var slots = slots(64, taken: 60)
        let other = TenantID.new()
        func end(_ count: Int, of tenant: TenantID, after held: Duration) {
            for _ in 0..<count {
                slots.take(10, of: tenant)
                _ = slots.release(10, of: tenant, after: held, now: start)
            }
        }
        for _ in 0..<50 { _ = slots.release(10, of: tenant, after: .seconds(1), now: start) }
        end(500, of: other, after: .milliseconds(1))
        #expect(slots.room(now: start) == 2)
        end(500, of: tenant, after: .milliseconds(100))
        #expect(slots.room(now: start) == 18)
    }
}
