import HTTPTypes
import Model
import Testing

@testable import API

@Suite struct KeptFieldsTests {
    @Test func keepsOrderNamesAndRepeats() throws {
        let lines = try KeptFields.lines(
            fields(
                "X-B", "1", "accept", "*/*", "x-b", "2", "Cookie", "a=1; b=2", "Empty", "", "Idempotency-Key", "\"k\""))
        #expect(lines.text == "X-B: 1\naccept: */*\nx-b: 2\nCookie: a=1; b=2\nEmpty: \nIdempotency-Key: \"k\"\n")
    }

    @Test func dropsWhatIsOfTheConnectionOrTheGateway() throws {
        let lines = try KeptFields.lines(
            fields(
                "Host", "h", "Connection", "keep-alive, X-Hop", "X-Hop", "1", "Content-Length", "3", "TE", "trailers",
                "Transfer-Encoding", "chunked", "Upgrade", "h2c", "Expect", "100-continue", "Authorization", "Bearer k",
                "Sluice-Deliver-At", "t", "SLUICE-Other", "o", "A", "1"))
        #expect(lines.text == "A: 1\n")
    }

    @Test func keepsTheCallersOwnAuthorization() throws {
        let lines = try KeptFields.lines(fields("Authorization", "Basic eA==", "Sluice-Key", "k"))
        #expect(lines.text == "Authorization: Basic eA==\n")
    }

    @Test func refusesWhatWasNotUTF8() {
        #expect(throws: Problem.self) { try KeptFields.lines(fields("A", "caf\u{fffd}")) }
    }

    @Test(
        arguments: [
            (["Sluice-Key", "k"], "k"), (["Authorization", "Bearer k"], "k"), (["Authorization", "bearer  k"], "k"),
            (["Authorization", "Bearer a", "Sluice-Key", "b"], "b"), (["Authorization", "Basic k"], nil),
            (["Authorization", "Bearer"], nil), (["Authorization", "Bearer "], nil), ([], nil),
        ] as [([String], String?)])
    func findsTheKey(_ pairs: [String], _ key: String?) {
        #expect(Credentials.key(fields(pairs)).map { String($0) } == key)
    }
}

private func fields(_ pairs: String...) -> HTTPFields { fields(pairs) }

private func fields(_ pairs: [String]) -> HTTPFields {
    var fields = HTTPFields()
    for index in stride(from: 0, to: pairs.count, by: 2) {
        guard let name = HTTPField.Name(pairs[index]) else { continue }
        fields.append(HTTPField(name: name, value: pairs[index + 1]))
    }
    return fields
}
