import Postgres
import Testing

@testable import API

@Suite struct TimeTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-01-31T09:30:00.5+01:00", 1_769_848_200_500_000),
            ("2000-02-29t23:59:59.9999999z", 951_868_799_999_999), ("1969-12-31T23:59:59.000001Z", -999_999),
            ("2026-07-01T00:00:00-00:00", 1_782_864_000_000_000), ("9999-12-31T23:59:59Z", 253_402_300_799_000_000),
        ] as [(String, Int64)])
    func reads(_ text: String, _ microseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-01-31", "2026-01-31 09:30:00Z", "2026-01-31T09:30:00", "2026-01-31T09:30Z",
        "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+1:00",
        "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00Z ", " 2026-01-01T00:00:00Z",
        "+2026-01-01T00:00:00Z", "2026-01-01T00:00:00ZZ", "\u{662}026-01-01T00:00:00Z",
    ])
    func refuses(_ text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
            (951_782_400_000_001, "2000-02-29T00:00:00.000001Z"),
            (1_769_848_200_500_000, "2026-01-31T08:30:00.500000Z"),
        ] as [(Int64, String)])
    func writes(_ microseconds: Int64, _ text: String) {
        #expect(Timestamp(microseconds: microseconds).rfc3339 == text)
        #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
    }

    @Test func everyDayThereAndBack() {
        for day in Int64(-200_000)...200_000 {
            let time = CivilTime(unixSeconds: day * 86_400 + 86_399)
            #expect(time.unixSeconds == day * 86_400 + 86_399 && time.isValid)
        }
    }

    @Test(arguments: [(784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (1_769_848_200, "Sat, 31 Jan 2026 08:30:00 GMT")])
    func httpDate(_ seconds: Int64, _ text: String) {
        #expect(HTTPDate().text(unixSeconds: seconds) == text)
    }

    @Test func schedules() throws {
        let now = try #require(Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
        func schedule(_ due: String?, _ end: String?) throws -> Schedule {
            try Schedule(deliverAt: due, expiresAt: end, now: now) { Problem(.invalidRequest, $0) }
        }
        #expect(try schedule("2025-12-31T23:59:59Z", nil).dueAt == nil)
        #expect(try schedule("2026-04-01T00:00:00Z", nil).dueAt == now + .seconds(90 * 86_400))
        #expect(try schedule("2026-01-02T00:00:00Z", "2026-01-02T00:00:01Z").expiresAt != nil)
        for (due, end) in [
            ("soon", nil), ("2026-04-01T00:00:01Z", nil), (nil, "later"), (nil, "2026-01-01T00:00:00Z"),
            ("2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z"),
        ] as [(String?, String?)] {
            #expect(throws: Problem.self) { try schedule(due, end) }
        }
    }
}
