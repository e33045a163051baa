import FoundationEssentials
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

    /// A key may come by HTTP first and then by SQL: EnqueueTests expects the same of sluice.payload_fingerprint.
    @Test func fingerprintIsThatOfSQL() throws {
        let destination = DestinationID(try #require(UUID(uuidString: "018f0000-0000-7000-8000-00000000000c")))
        let made = Idempotency(
            try #require(IdempotencyKey(field: "k")),
            addressee: .destination(destination, lane: LaneID(shard: 0, number: 1)), method: "POST", path: "/hé",
            query: nil, body: [0, 255])
        #expect(
            made.fingerprint == [
                0x68, 0x63, 0x1a, 0xc8, 0xa2, 0x54, 0xc8, 0x46, 0x31, 0x0d, 0x53, 0xa5, 0x04, 0x28, 0xfc, 0xf6,
            ])
    }

    @Test func fingerprintTellsPayloadsApart() throws {
        let key = try #require(IdempotencyKey(field: "k"))
        let lane = LaneID(shard: 0, number: 1)
        let one = Addressee.destination(.new(), lane: lane)
        func idempotency(
            _ addressee: Addressee = one, method: String = "POST", path: String = "/a", query: String? = nil,
            body: [UInt8] = []
        ) -> Idempotency {
            Idempotency(key, addressee: addressee, method: method, path: path, query: query, body: body)
        }
        let all = [
            idempotency(), idempotency(.destination(.new(), lane: lane)),
            idempotency(.topic("a", shard: 0, lanes: [])), idempotency(.topic("b", shard: 0, lanes: [])),
            idempotency(method: "PUT"), idempotency(path: "/a/"), idempotency(query: ""),
            idempotency(path: "/", query: "a"), idempotency(body: [0]),
        ]
        #expect(Set(all.map(\.fingerprint)).count == all.count)
        #expect(Set(all.map(\.key)).count == 1)
        #expect(all[0] == idempotency())
        // Routes may have changed between two tries.
        #expect(all[2] == idempotency(.topic("a", shard: 0, lanes: [lane])))
        #expect(all[0].key.count == 16 && all[0].fingerprint.count == 16)
    }
}
