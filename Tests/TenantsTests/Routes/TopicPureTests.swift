import Testing

@testable import Tenants

struct TopicPureTests {
    @Test(arguments: [
        "a", "A.b", "com.github.pull_request.opened", "com.example/thing:v1", "a-b.c~d.e@f.g+h", "0",
        String(repeating: "a", count: 255), Array(repeating: "a", count: 16).joined(separator: "."),
    ])
    func topics(_ text: String) { #expect(Topic(text)?.text == text) }

    /// The Cyrillic а and the full-width one look like a; é may be one scalar or two.
    @Test(arguments: [
        "", ".", "a.", ".a", "a..b", "a b", "a*", "*", "#", "a.#", "a\n", "a\0", "а", "ａ", "é", "e\u{301}", "a,b",
        "a'b",
        "a\"b", "a?b", "a%2eb", "\u{202e}a",
        String(repeating: "a", count: 256), Array(repeating: "a", count: 17).joined(separator: "."),
    ])
    func noTopics(_ text: String) { #expect(Topic(text) == nil) }

    struct Case: Sendable, CustomTestStringConvertible {
        let pattern: String
        let matching: [String]
        let other: [String]
        var testDescription: String { pattern }
    }

    @Test(arguments: [
        Case(pattern: "a.b", matching: ["a.b"], other: ["a", "a.b.c", "a.c", "A.b", "b.a"]),
        Case(pattern: "*", matching: ["a"], other: ["a.b"]),
        Case(pattern: "a.*", matching: ["a.b"], other: ["a", "a.b.c", "b.a"]),
        Case(pattern: "*.b", matching: ["a.b", "b.b"], other: ["b", "a.b.b"]),
        Case(pattern: "a.*.c", matching: ["a.b.c"], other: ["a.c", "a.b.b.c"]),
        Case(pattern: "#", matching: ["a", "a.b.c"], other: []),
        Case(pattern: "a.#", matching: ["a", "a.b", "a.b.c"], other: ["b", "aa", "b.a"]),
        Case(pattern: "#.c", matching: ["c", "a.c", "a.c.c", "c.a.c"], other: ["a", "c.a"]),
        Case(pattern: "a.#.c", matching: ["a.c", "a.b.c", "a.c.c", "a.c.b.c"], other: ["a", "c", "a.b"]),
        Case(pattern: "#.b.#", matching: ["b", "a.b", "b.c", "a.b.c"], other: ["a", "a.c", "bb"]),
        Case(pattern: "*.#", matching: ["a", "a.b"], other: []),
        Case(pattern: "#.*", matching: ["a", "a.b"], other: []),
        Case(pattern: "#.*.*", matching: ["a.b", "a.b.c"], other: ["a"]),
        Case(pattern: "#.#", matching: ["a", "a.b"], other: []),
        Case(pattern: "#.a.#.b", matching: ["a.b", "a.a.b", "x.a.x.a.b.b"], other: ["b.a", "a.b.a"]),
    ])
    func patterns(_ it: Case) throws {
        let pattern = try #require(TopicPattern(it.pattern))
        for topic in it.matching { #expect(pattern.matches(try #require(Topic(topic)).words), "\(topic)") }
        for topic in it.other { #expect(!pattern.matches(try #require(Topic(topic)).words), "\(topic)") }
    }

    /// Against a matcher that tries everything, over all topics of up to four words of two.
    @Test func aPatternMatchesWhatATrialOfEverythingDoes() throws {
        func all(_ words: [String], _ count: Int) -> [[String]] {
            (1..<count).reduce(words.map { [$0] }) { lists, _ in
                lists + lists.flatMap { list in words.map { list + [$0] } }
            }
        }
        func tries(_ pattern: ArraySlice<String>, _ topic: ArraySlice<String>) -> Bool {
            guard let first = pattern.first else { return topic.isEmpty }
            if first == "#" {
                return tries(pattern.dropFirst(), topic) || (!topic.isEmpty && tries(pattern, topic.dropFirst()))
            }
            guard let word = topic.first, first == "*" || first == word else { return false }
            return tries(pattern.dropFirst(), topic.dropFirst())
        }
        let topics = Set(all(["a", "b"], 4))
        for words in Set(all(["a", "b", "*", "#"], 4)) {
            let pattern = try #require(TopicPattern(words.joined(separator: ".")))
            for topic in topics {
                #expect(
                    pattern.matches(topic.map { $0[...] }) == tries(words[...], topic[...]),
                    "\(pattern.text) \(topic)")
            }
        }
    }

    @Test(arguments: [
        "", "a..b", "a*", "**", "a.*b", "a.##", "а.*", "a b", Array(repeating: "*", count: 17).joined(separator: "."),
    ])
    func noPatterns(_ text: String) { #expect(TopicPattern(text) == nil) }
}
