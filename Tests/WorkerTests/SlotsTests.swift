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
        #expect(slots.heavy == [tenant])
        for _ in 0..<3 { slots.take(10, of: other) }
        #expect(slots.lastRoom == 0)
        #expect(Set(slots.heavy) == [tenant, other])
    }

    /// What a release makes worth a look: the first slot, the first that is not reserved, a quarter, and the end.
    @Test func aReleaseTellsOfBetterRoom() {
        var slots = slots(64, taken: 64)
        let told = (0..<64).map { _ in slots.release(10, of: tenant) }
        #expect(told.enumerated().filter(\.element).map(\.offset) == [0, 4, 18, 63])
    }

    @Test func bytesBindToo() {
        var slots = Slots(capacity: 8, byteCapacity: 1_000)
        slots.take(999, of: tenant)
        #expect(slots.room(now: start) == 7 && slots.byteRoom == 1)
        slots.take(1, of: tenant)
        #expect(slots.room(now: start) == 0 && slots.lastRoom == 0)
        let isTold = slots.release(999, of: tenant)
        #expect(isTold)
        #expect(slots.room(now: start) == 7 && slots.byteRoom == 999)
    }

    @Test func aSingleSlotIsEnough() {
        var slots = Slots(capacity: 1, byteCapacity: 1)
        #expect(slots.room(now: start) == 1)
        slots.take(5, of: tenant)
        #expect(slots.room(now: start) == 0)
        let isTold = slots.release(5, of: tenant)
        #expect(isTold)
        #expect(slots.room(now: start) == 1)
    }
}
