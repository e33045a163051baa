import Testing

@testable import Worker

struct RetryAfterTests {
    static let now: Int64 = 784_111_777

    @Test(
        arguments: [
            ("0", 0), ("120", 120), ("99999999999999999", 2_147_483_648),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 0), ("Sun, 06 Nov 1994 08:50:37 GMT", 60),
            ("Sat, 05 Nov 1994 08:49:37 GMT", 0),
        ] as [(String, Int64)])
    func isUnderstood(_ value: String, _ seconds: Int64) {
        #expect(RetryAfter.parse(value, now: Self.now) == .seconds(seconds))
    }

    @Test(arguments: [
        "", " ", "-1", "1.5", "soon", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT",
        "99999999999999999999",
    ])
    func isRefused(_ value: String) { #expect(RetryAfter.parse(value, now: Self.now) == nil) }

    @Test(
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800), ("Fri, 01 Jan 2100 00:00:00 GMT", 4_102_444_800),
        ] as [(String, Int64)])
    func datesAreUnixSeconds(_ date: String, _ seconds: Int64) {
        #expect(RetryAfter.unixSeconds(httpDate: date) == seconds)
    }
}
