import HTTPTypes
import Model
import Tenants
import Testing

@testable import API

struct CloudEventTests {
    private static let required: [(String, String)] = [
        ("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/s"), ("ce-type", "com.example.made"),
    ]

    private static func binary(_ fields: [(String, String)], body: [UInt8] = []) throws -> CloudEvent {
        var headers = HTTPFields()
        for (name, value) in fields {
            headers.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value))
        }
        return try CloudEvent(headers, body: body)
    }

    private static func structured(_ text: String) throws -> CloudEvent {
        let bytes = Array(text.utf8)
        return try CloudEvent(bytes, bytes.indices, contentType: CloudEvent.mediaType)
    }

    private static func json(_ more: String) -> String {
        #"{"specversion": "1.0", "id": "1", "source": "/s", "type": "t""# + (more.isEmpty ? "" : ", " + more) + "}"
    }

    @Test func binaryEventsAreKeptAsTheyCame() throws {
        let event = try Self.binary(
            Self.required + [
                ("Content-Type", "text/plain"), ("CE-Subject", "Euro %E2%82%AC 100%25"), ("X-Other", "not the event's"),
                ("ce-partitionkey", "k"),
            ], body: [0, 255])
        #expect(event.topic.text == "com.example.made" && event.body == [0, 255])
        #expect(event.attributes["subject"] == "Euro € 100%")
        #expect(event.attributes["datacontenttype"] == "text/plain")
        #expect(event.orderingKey != nil)
        #expect(
            event.headers.text
                == "ce-specversion: 1.0\nce-id: 1\nce-source: /s\nce-type: com.example.made\nCE-Subject: Euro %E2%82%AC 100%25\nce-partitionkey: k\nContent-Type: text/plain\n"
        )
    }

    @Test(arguments: [
        ("a", "a"), ("%41", "A"), ("%2541", "%41"), (#""a b""#, "a b"), (#""a \"b\" \\ %20c""#, #"a "b" \  c"#),
        ("%e2%82%ac", "€"), (#"a"b"#, #"a"b"#), (#"""#, #"""#), ("é", "é"),
    ])
    func valuesAreDecoded(_ value: String, _ decoded: String) { #expect(CloudEvent.decode(value) == decoded) }

    @Test(arguments: ["%", "%4", "%zz", "%ff", "%c3", "%e2%82", "a\u{fffd}"])
    func valuesThatAreNotUTF8(_ value: String) { #expect(CloudEvent.decode(value) == nil) }

    @Test(arguments: [
        ([("ce-id", "2")], "comes twice"), ([("ce-a-b", "x")], "not an attribute's name"),
        ([("ce-a_b", "x")], "not an attribute's name"), ([("ce-datacontenttype", "x")], "is no header"),
        ([("ce-data", "x")], "is no header"), ([("ce-subject", "")], "subject is empty"),
        ([("ce-subject", "%0a")], "control characters"), ([("ce-subject", "%zz")], "percent-encoded"),
        ([("ce-time", "yesterday")], "time is not"), ([("ce-dataschema", "a b")], "dataschema must be a URI"),
        ([("Content-Type", "a/b"), ("Content-Type", "c/d")], "Content-Type comes twice"),
        ([("ce-" + String(repeating: "a", count: 65), "x")], "not an attribute's name"),
    ])
    func badBinaryEvents(_ more: [(String, String)], _ words: String) throws {
        let problem = #expect(throws: Problem.self) { try Self.binary(Self.required + more) }
        #expect(problem?.kind == .invalidEvent && problem?.detail.contains(words) == true, "\(problem?.detail ?? "")")
    }

    @Test(arguments: 0..<4) func allThatIsRequiredMustBeThere(_ index: Int) throws {
        var fields = Self.required
        let missing = fields.remove(at: index)
        let problem = #expect(throws: Problem.self) { try Self.binary(fields) }
        #expect(problem?.detail == "The attribute \(missing.0.dropFirst(3)) is missing.")
    }

    @Test func structuredEventsAreKeptAsTheyCame() throws {
        let text = Self.json(
            #""data": {"a": [1, 2.50]}, "number": -5, "truth": true, "nothing": null, "subject": "\u20ac", "time": "2026-11-29T00:00:00.5+01:00""#
        )
        let event = try Self.structured(text)
        #expect(event.body == Array(text.utf8))
        #expect(event.attributes["number"] == "-5" && event.attributes["truth"] == "true")
        #expect(event.attributes["nothing"] == nil && event.attributes["subject"] == "€")
        #expect(event.headers.text == "Content-Type: application/cloudevents+json\n")
        #expect(try Self.structured(Self.json(#""data_base64": "AAEC""#)).orderingKey == nil)
    }

    @Test(arguments: [
        ("[]", "An event is a JSON object."), (json(#""id": "2""#), "given twice"),
        (json(#""Upper": "x""#), "not an attribute's name"), (json(#""a.b": "x""#), "not an attribute's name"),
        (json(#""idа": "x""#), "not an attribute's name"), (json(#""": "x""#), "not an attribute's name"),
        (json(#""a": 1.5"#), "32 bits"), (json(#""a": 2147483648"#), "32 bits"),
        (json(#""a": {}"#), "must be a string"),
        (json(#""dataschema": false"#), "dataschema must be a string"), (json(#""subject": 1"#), "must be a string"),
        (json(#""a": []"#), "must be a string"), (json(#""a": "\u0000""#), "control characters"),
        (json(#""data": 1, "data_base64": "AA==""#), "can't both"), (json(#""data_base64": 1"#), "must be a string"),
        (json(#""data_base64": "?""#), "is not base64"), (json(#""subject": """#), "subject is empty"),
        (#"{"specversion": "0.3", "id": "1", "source": "/s", "type": "t"}"#, "specversion must be 1.0"),
        (#"{"specversion": 1.0, "id": "1", "source": "/s", "type": "t"}"#, "must be a string"),
        (#"{"specversion": "1.0", "id": "1", "source": "/s", "type": "a b"}"#, "type is a topic here"),
        (#"{"specversion": "1.0", "id": "1", "source": "/s", "type": "tуpe"}"#, "type is a topic here"),
        (#"{"specversion": "1.0", "id": "1", "source": "a b", "type": "t"}"#, "source must be a URI"),
        (#"{"specversion": "1.0", "id": null, "source": "/s", "type": "t"}"#, "id is missing"),
    ])
    func badStructuredEvents(_ text: String, _ words: String) throws {
        let problem = #expect(throws: Problem.self) { try Self.structured(text) }
        #expect(problem?.kind == .invalidEvent && problem?.detail.contains(words) == true, "\(problem?.detail ?? "")")
    }

    @Test(arguments: ["", "{", "{}x", json(#""data": "# + String(repeating: "[", count: 100_000))])
    func whatIsNotJSON(_ text: String) {
        #expect(throws: (any Error).self) { try Self.structured(text) }
    }

    /// No event has the key of another, however its source and id are cut.
    @Test func sourceAndIdAreToldApart() throws {
        #expect(IdempotencyKey(eventSource: "a b", id: "c") != IdempotencyKey(eventSource: "a", id: "b c"))
        #expect(IdempotencyKey(text: "event a c") != IdempotencyKey(eventSource: "a", id: "c"))
    }
}
