import JSON
import Model
import Testing

@testable import API

@Suite struct EnvelopeTests {
    @Test func takesTheLeast() throws {
        let envelope = try envelope(#"{"destination":"d","body":  { "a" : [1.50,"\u00e9"] } }"#)
        #expect(
            envelope.destination == "d" && envelope.method == "POST" && envelope.path == "" && envelope.query == nil)
        #expect(envelope.headers.text == "Content-Type: application/json\n")
        #expect(String(decoding: envelope.body, as: UTF8.self) == #"{ "a" : [1.50,"\u00e9"] }"#)
    }

    @Test func takesAll() throws {
        let envelope = try envelope(
            #"""
            {"destination":"d","method":"DELETE","path":"/a%20b","query":"x=1","headers":{"A":"1","B":["2","3"],
             "content-type":"text/x"},"body":"s","deliver_at":"t","expires_at":"u","idempotency_key":"schlüssel"}
            """#)
        #expect(envelope.method == "DELETE" && envelope.path == "/a%20b" && envelope.query == "x=1")
        #expect(envelope.headers.text == "A: 1\nB: 2\nB: 3\ncontent-type: text/x\n")
        #expect(envelope.body == Array(#""s""#.utf8))
        #expect(envelope.deliverAt == "t" && envelope.expiresAt == "u")
        #expect(envelope.idempotencyKey?.bytes == Array("schlüssel".utf8))
    }

    @Test func takesTextAndBase64() throws {
        let text = try envelope(#"{"destination":"d","body_text":"a\u0000\nb"}"#)
        #expect(text.body == Array("a\0\nb".utf8) && text.headers.text == "")
        #expect(try envelope(#"{"destination":"d","body_base64":"AP8="}"#).body == [0, 255])
        #expect(try envelope(#"{"destination":"d","body_base64":""}"#).body == [])
    }

    @Test(arguments: [
        (#"{"destination":"d","body":1,"bodi":2}"#, #"There is no field "bodi"."#),
        (#"{"destination":"d","body":1,"body":2}"#, "body is given twice."),
        (#"{"destination":"d"}"#, "Exactly one of body, body_text and body_base64 must be given."),
        (
            #"{"destination":"d","body":1,"body_text":""}"#,
            "Exactly one of body, body_text and body_base64 must be given."
        ),
        (#"{"body":1}"#, "Exactly one of destination and topic must be given."),
        (#"{"destination":1,"body":1}"#, "destination must be a string."),
        (#"{"destination":"d","body_base64":"A"}"#, "body_base64 is not base64."),
        (#"{"destination":"d","body":1,"method":"A B"}"#, "method is not one of HTTP's."),
        (#"{"destination":"d","body":1,"method":"CONNECT"}"#, "method is not one of HTTP's."),
        (#"{"destination":"d","body":1,"path":"a"}"#, "path must be empty or begin with a slash."),
        (#"{"destination":"d","body":1,"path":"/a?b"}"#, "path and query must be percent-encoded."),
        (#"{"destination":"d","body":1,"path":"/a\u0000"}"#, "path and query must be percent-encoded."),
        (#"{"destination":"d","body":1,"query":"ä"}"#, "path and query must be percent-encoded."),
        (#"{"destination":"d","body":1,"headers":[]}"#, "headers must be an object."),
        (
            #"{"destination":"d","body":1,"headers":{"A":1}}"#,
            #"The header "A" must be a string or an array of strings."#
        ),
        (
            #"{"destination":"d","body":1,"headers":{"A":[1]}}"#,
            #"The header "A" must be a string or an array of strings."#
        ),
        (#"{"destination":"d","body":1,"headers":{"A B":"1"}}"#, #""A B" is not a header's name."#),
        (#"{"destination":"d","body":1,"headers":{":a":"1"}}"#, #"":a" is not a header's name."#),
        (#"{"destination":"d","body":1,"headers":{"Host":"h"}}"#, "The header Host is set by the gateway."),
        (
            #"{"destination":"d","body":1,"headers":{"A":"1\r\nB: 2"}}"#,
            "The header A has control characters, or white space around its value."
        ),
        (
            #"{"destination":"d","body":1,"headers":{"A":"\u0000"}}"#,
            "The header A has control characters, or white space around its value."
        ),
        (
            #"{"destination":"d","body":1,"idempotency_key":""}"#,
            "idempotency_key must be of 1 to 255 bytes, none of control."
        ),
        ("[]", "An envelope is a JSON object."), ("1", "An envelope is a JSON object."),
    ])
    func refuses(_ text: String, _ detail: String) throws {
        let problem = try #require(throws: Problem.self) { try envelope(text) }
        #expect(problem.kind == .invalidEnvelope && problem.detail == detail)
    }

    @Test func boundsHeadersAsAHeadWouldBe() throws {
        let value = String(repeating: "v", count: HeadLimits().totalBytes)
        #expect(throws: Problem.self) { try envelope(#"{"destination":"d","body":1,"headers":{"A":"\#(value)"}}"#) }
        #expect(throws: Problem.self) { try envelope(#"{"destination":"d","body":1,"path":"/\#(value)"}"#) }
    }

    @Test func findsTheItemsOfBatches() throws {
        #expect(try Batch.array(Array(#" [ {"a":[1,2]} , 3 ] "#.utf8), limit: 2) == [3..<14, 17..<18])
        #expect(try Batch.lines(Array("a\r\n\n  \nb".utf8), limit: 2) == [0..<2, 7..<8])
        #expect(throws: Problem.self) { try Batch.array(Array("[1,2,3]".utf8), limit: 2) }
        #expect(throws: Problem.self) { try Batch.lines(Array("1\n2\n3\n".utf8), limit: 2) }
        #expect(throws: JSONError.self) { try Batch.array(Array("[1,2".utf8), limit: 2) }
        #expect(try Batch.array(Array("[]".utf8), limit: 2) == [])
    }
}

private func envelope(_ text: String) throws -> Envelope {
    var scanner = try JSONScanner(Array(text.utf8))
    return try Envelope(&scanner, limits: HeadLimits())
}
