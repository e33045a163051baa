import JSON
import Testing

@Suite struct JSONValueTests {
    private func parse(_ text: String, duplicates: JSONValue.Duplicates = .lastCounts) throws -> JSONValue {
        try JSONValue(parsing: Array(text.utf8), duplicates: duplicates)
    }

    @Test(arguments: [
        "null", "true", "false", "0", "-0.0", "1.0", "1e2", "12345678901234567890", "1e999", #""a\"\\""#, "[]",
        "[1,[2.50]]",
        "{}", #"{"a":{"b":[null]},"z":1}"#,
    ])
    func keepsWhatWasWritten(_ text: String) throws { #expect(try parse(text).text == text) }

    @Test func membersAreInTheOrderOfTheirNames() throws {
        #expect(try parse(#"{"b":1,"a":2,"ä":3,"":4,"aa":5}"#).text == #"{"":4,"a":2,"aa":5,"b":1,"ä":3}"#)
    }

    @Test func theLastOfANameCounts() throws {
        #expect(try parse(#"{"a":1,"b":2,"a":3}"#).text == #"{"a":3,"b":2}"#)
        #expect(throws: JSONError.self) { try parse(#"[{"a":1,"a":3}]"#, duplicates: .refused) }
    }

    /// Canonically equivalent names are two names.
    @Test func namesAreToldApartByCodeUnits() throws {
        let value = try parse("{\"e\u{301}\":1,\"\u{e9}\":2}", duplicates: .refused)
        guard case .object(let members) = value else { throw JSONError(offset: 0, expected: "an object") }
        #expect(members.count == 2 && members["\u{e9}"] == 2 && members["e\u{301}"] == 1)
        #expect(JSONValue.string("\u{e9}") != JSONValue.string("e\u{301}"))
    }

    @Test(arguments: ["", "{", "[1,]", "1 2", #"{"a"}"#, "nul", #""\ud800""#, String(repeating: "[", count: 65)])
    func refuses(_ text: String) { #expect(throws: JSONError.self) { try parse(text) } }

    @Test func findsMembersHoweverMany() {
        for count in [0, 1, 7, 8, 9, 100] {
            let members = (0..<count).map { (key: "name-\($0)", value: JSONValue.number(JSONNumber($0))) }
            let object = JSONObject(members.shuffled())
            for (key, value) in members { #expect(object[key] == value) }
            #expect(object["name"] == nil && object["name-\(count)"] == nil && object[""] == nil)
        }
    }

    @Test func changesMembers() {
        var object: JSONObject = ["b": 1, "a": 2]
        (object["c"], object["b"], object["a"], object["z"]) = (.null, .bool(true), nil, nil)
        #expect(object == ["b": .bool(true), "c": .null])
        #expect(object.overlaid(by: ["c": 1, "d": 2]) == ["b": .bool(true), "c": 1, "d": 2])
    }

    @Test(
        arguments: [
            (0, "0"), (-0.0, "0"), (1, "1"), (-1.5, "-1.5"), (0.1, "0.1"), (100, "100"),
            (1e20, "100000000000000000000"),
            (1.5e20, "150000000000000000000"), (1e21, "1e+21"), (1.25e22, "1.25e+22"), (1e-6, "0.000001"),
            (1.5e-6, "0.0000015"), (1e-7, "1e-7"), (1.5e-7, "1.5e-7"), (123456.789, "123456.789"),
            (9_007_199_254_740_992, "9007199254740992"), (.leastNonzeroMagnitude, "5e-324"),
            (1.7976931348623157e308, "1.7976931348623157e+308"),
            (.infinity, "Infinity"), (-.infinity, "-Infinity"), (.nan, "NaN"),
            (0.30000000000000004, "0.30000000000000004"),
        ] as [(Double, String)])
    func writesNumbersAsJavaScriptDoes(_ value: Double, _ expected: String) {
        #expect(JSONNumber.text(value) == expected)
    }

    @Test func whatIsNotFiniteIsNoJSON() { #expect(JSONValue.array([.number(JSONNumber(.nan))]).text == "[null]") }
}
