import FoundationEssentials
import Testing

@testable import Model

@Suite(.serialized) struct UUIDv7Tests {
    @Test func carriesVersionVariantAndTime() {
        let before = UInt64(Date().timeIntervalSince1970 * 1000)
        let id = UUIDv7.next()
        #expect(id.uuid.6 >> 4 == 7)
        #expect(id.uuid.8 >> 6 == 0b10)
        #expect(id.milliseconds >= before)
    }

    /// More ids than a millisecond's counter has room for, so that milliseconds are borrowed on the way.
    @Test func ascends() {
        let ids = (0..<100_000).map { _ in UUIDv7.next() }
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0.precedes($1) })
    }

    @Test func ascendsWhenTheClockIsSetBack() {
        let future = UUIDv7.next().milliseconds + 60_000
        let first = UUIDv7.next(milliseconds: future, random: .max)
        let second = UUIDv7.next(milliseconds: future - 30_000, random: 0)
        #expect(first.milliseconds == future)
        #expect(second.milliseconds == future)
        #expect(first.precedes(second))
        // Later tests of this process get ids of the future; so do processes whose clock is set back.
        #expect(second.precedes(UUIDv7.next()))
    }

    @Test func ascendsAcrossTasks() async {
        await withTaskGroup(of: [UUID].self) { group in
            for _ in 0..<8 { group.addTask { (0..<5_000).map { _ in UUIDv7.next() } } }
            var all = Set<UUID>()
            for await ids in group {
                #expect(zip(ids, ids.dropFirst()).allSatisfy { $0.precedes($1) })
                all.formUnion(ids)
            }
            #expect(all.count == 40_000)
        }
    }

    @Test(arguments: [0, 1, 1_700_000_000_123, 0xffff_ffff_ffff])
    func keepsMilliseconds(_ milliseconds: UInt64) {
        #expect(UUID(high: milliseconds << 16 | 0x7abc, low: 0x8000_0000_0000_0001).milliseconds == milliseconds)
    }
}

extension UUID {
    /// PostgreSQL's order: bytewise.
    fileprivate func precedes(_ other: UUID) -> Bool {
        withUnsafeBytes(of: uuid) { a in withUnsafeBytes(of: other.uuid) { b in a.lexicographicallyPrecedes(b) } }
    }
}
