import JSON
import Testing

@testable import API

@Suite struct JSONScannerTests {
    @Test(arguments: [
        "null", "true", "false", "0", "-0", "12", "-1.5", "1e9", "1E-9", "1.25e+3", #""""#, #""a\"b\\c\/d\b\f\n\r\t""#,
        #""\u00e9\uD83D\uDE00""#, "\"\u{e9}\u{1F600}\"", "[]", "[ ]", "[1, [2], {}]", "{}", #"{"a":1}"#,
        #"{ "a" : [ { "b" : null } ] , "a" : 2 }"#, " \t\r\n 1 \n", #""\ud800""#,
    ])
    func stepsOver(_ text: String) throws {
        var scanner = try JSONScanner(Array(text.utf8))
        let value = scanner.copy(try scanner.skip())
        try scanner.requireEnd()
        #expect(String(decoding: value, as: UTF8.self) == text.trimmed)
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "True", "tru", "+1", "01", "1.", ".5", "1e", "1e+", "-", "--1", "0x1", "NaN",
        "Infinity",
        "'a'", "\"", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\u{1}\"", "\"a\nb\"", "\"\0\"", "[", "[1",
        "[1,", "[1,]", "[,]", "[1 2]", "]", "{", "{}}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}",
        "{\"a\":1 \"b\":2}", "1 2", "[] []", "// 1", "/**/1", "\u{feff}1", "\u{a0}1",
    ])
    func refuses(_ text: String) throws {
        #expect(throws: JSONError.self) {
            var scanner = try JSONScanner(Array(text.utf8))
            _ = try scanner.skip()
            try scanner.requireEnd()
        }
    }

    @Test(
        arguments: [
            [0x22, 0xff, 0x22], [0x22, 0xc3, 0x22], [0x22, 0xc0, 0x80, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22],
            [0x22, 0xf5, 0x80, 0x80, 0x80, 0x22],
        ] as [[UInt8]])
    func refusesWhatIsNotUTF8(_ bytes: [UInt8]) {
        #expect(throws: JSONError(offset: 1, expected: "the text must be UTF-8")) { try JSONScanner(bytes) }
    }

    @Test(arguments: ["[", "{\"a\":"], [JSONScanner.maximumDepth, JSONScanner.maximumDepth + 1, 1_000_000])
    func boundsDepth(_ open: String, _ depth: Int) throws {
        let close = open == "[" ? "]" : "}"
        let text = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        var scanner = try JSONScanner(Array(text.utf8))
        if depth <= JSONScanner.maximumDepth {
            _ = try scanner.skip()
        } else {
            #expect(throws: JSONError.self) { try scanner.skip() }
        }
    }

    @Test(arguments: [
        (#""plain""#, "plain"), (#""\u0041\n\"\\\/""#, "A\n\"\\/"), (#""\ud83d\ude00!""#, "\u{1F600}!"),
        (#""\u0000""#, "\0"),
        (#""\uFFFD""#, "\u{fffd}"), (#""ü\u00fc""#, "üü"),
    ])
    func decodesStrings(_ text: String, _ expected: String) throws {
        var scanner = try JSONScanner(Array(text.utf8))
        #expect(try scanner.string() == expected)
    }

    @Test(arguments: [#""\ud83d""#, #""\ude00""#, #""\ud83dx""#, #""\ud83d\n""#, #""\ud83d\ud83d""#])
    func refusesHalfPairs(_ text: String) throws {
        var scanner = try JSONScanner(Array(text.utf8))
        #expect(throws: JSONError.self) { try scanner.string() }
    }

    @Test(arguments: ["5", "5.0", "5e0", "0.5e1"])
    func readsWholeNumbersHoweverTheyAreWritten(_ text: String) throws {
        var scanner = try JSONScanner(Array(text.utf8))
        #expect(try scanner.integer("n", in: 1...5) == 5)
    }

    @Test(arguments: ["5.5", "6", "0", "1e400", "-1e400", "1e19", "\"5\"", "null", "true"])
    func refusesWhatIsNoWholeNumberOfTheRange(_ text: String) throws {
        var scanner = try JSONScanner(Array(text.utf8))
        #expect(throws: Problem.self) { try scanner.integer("n", in: 1...5) }
    }

    @Test func readsARangeOnly() throws {
        var scanner = try JSONScanner(Array("[1,2]".utf8), 1..<2)
        #expect(try scanner.skip() == 1..<2)
        try scanner.requireEnd()
        var unfinished = try JSONScanner(Array(#""abc""#.utf8), 0..<3)
        #expect(throws: JSONError(offset: 3, expected: "the string does not end")) { try unfinished.skip() }
    }
}

extension String {
    fileprivate var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
