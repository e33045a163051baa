import Model
import Requests
import Testing

@testable import API

@Suite struct IdempotencyKeyTests {
    @Test(arguments: [
        (#""abc""#, "abc"), ("abc", "abc"),
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        (#""a \"b\" \\ c""#, #"a "b" \ c"#),
        ("\"" + String(repeating: "k", count: 255) + "\"", String(repeating: "k", count: 255)),
    ])
    func takes(_ field: String, _ key: String) {
        #expect(IdempotencyKey(field: field)?.bytes == Array(key.utf8))
    }

    @Test(arguments: [
        "", #""""#, #"""#, #""abc"#, #"abc""#, #""abc";a=1"#, #""a"b""#, #""a\b""#, #""a\""#, "a b", "ä", "\"ä\"",
        "\"\u{7f}\"",
        String(repeating: "k", count: 256), "\"" + String(repeating: "k", count: 256) + "\"",
    ])
    func refuses(_ field: String) {
        #expect(IdempotencyKey(field: field) == nil)
    }

    @Test func fingerprintTellsPayloadsApart() throws {
        let key = try #require(IdempotencyKey(field: "k"))
        let (one, other) = (DestinationID.new(), DestinationID.new())
        let all = [
            Idempotency(key, destination: one, method: "POST", path: "/a", query: nil, body: []),
            Idempotency(key, destination: other, method: "POST", path: "/a", query: nil, body: []),
            Idempotency(key, destination: one, method: "PUT", path: "/a", query: nil, body: []),
            Idempotency(key, destination: one, method: "POST", path: "/a/", query: nil, body: []),
            Idempotency(key, destination: one, method: "POST", path: "/a", query: "", body: []),
            Idempotency(key, destination: one, method: "POST", path: "/", query: "a", body: []),
            Idempotency(key, destination: one, method: "POST", path: "/a", query: nil, body: [0]),
        ]
        #expect(Set(all.map(\.fingerprint)).count == all.count)
        #expect(Set(all.map(\.key)).count == 1)
        #expect(all[0] == Idempotency(key, destination: one, method: "POST", path: "/a", query: nil, body: []))
        #expect(all[0].key.count == 16 && all[0].fingerprint.count == 16)
    }
}
