import Testing

@testable import Worker

struct SlotsTests {
    /// Of eight slots: how many are taken, and how much room is told.
    @Test(arguments: [(0, 8), (1, 7), (6, 2), (7, 0), (8, 0)])
    func roomIsToldFromAQuarterOn(_ taken: Int, _ room: Int) {
        var slots = Slots(capacity: 8, byteCapacity: 1_000)
        for _ in 0..<taken { slots.take(10) }
        #expect(slots.room == room)
        #expect(slots.taken == taken && slots.bytes == taken * 10)
    }

    @Test func bytesBindToo() {
        var slots = Slots(capacity: 8, byteCapacity: 1_000)
        slots.take(999)
        #expect(slots.room == 7 && slots.byteRoom == 1)
        slots.take(1)
        #expect(slots.room == 0)
        slots.release(999)
        #expect(slots.room == 7 && slots.byteRoom == 999)
    }

    @Test func aSingleSlotIsEnough() {
        var slots = Slots(capacity: 1, byteCapacity: 1)
        #expect(slots.room == 1)
        slots.take(5)
        #expect(slots.room == 0)
        slots.release(5)
        #expect(slots.room == 1)
    }
}
