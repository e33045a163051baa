import Foundation
import JSON
import TestSupport
import Testing

@testable import FlagEngine

/// Random documents, rules and contexts: no crash, and an answer that keeps to the rules of answers. For a longer run set
/// SLUICE_FUZZ to how many, and SLUICE_FUZZ_SEED to where to begin.
@Suite struct FuzzTests {
    private static let count = setting("SLUICE_FUZZ") ?? 300
    private static let seed = UInt64(setting("SLUICE_FUZZ_SEED") ?? 1)

    private static func setting(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
    }

    @Test func rulesAndContextsOfAnyShape() async throws {
        for number in 0..<UInt64(Self.count) {
            await Task.yield()
            var random = RandomJSON(seed: Self.seed &+ number)
            let flag: JSONObject = [
                "state": .string("ENABLED"), "variants": ["a": 1, "b": 2.5, "true": 3].asVariants,
                "defaultVariant": .string("a"), "targeting": random.rule(4),
            ]
            let definition = FlagDefinition(key: "f", json: .object(flag))
            let document = FlagDocument(
                flags: [definition], evaluators: .object(["e": random.rule(3)]), metadata: .null)
            let bucketing = Bool.random(using: &random.generator) ? Bucketing.cbor : .text
            guard let set = try? FlagSet(document, bucketing: bucketing) else { continue }
            for _ in 0..<4 {
                let context = EvaluationContext(random.value(3))
                let found = set.evaluate("f", context, at: 1_700_000_000)
                let again = set.evaluate("f", context, at: 1_700_000_000)
                #expect((found.reason == .error) == (found.failure != nil))
                #expect((found.value == nil) == (found.variant == nil))
                #expect(found.variant == again.variant && found.failure == again.failure)
                #expect(found.failure.map { [.parseError, .general].contains($0.code) } ?? true)
                #expect(found.value.map { $0.text.contains(".") } ?? true, "a float is written as one")
            }
        }
    }

    /// Valid documents with some bytes changed, cut out or doubled.
    @Test func documentsWithFaults() async {
        let valid = Array(
            #"""
            {"$schema":"x","metadata":{"a":1.50,"b":"c"},"$evaluators":{"e":{"in":["@","\u0061b"]}},"flags":{"one":{
            "state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"on","targeting":{"if":[{"$ref":"e"},
            "on",{"fractional":[{"var":"k"},["on",1e1],["off",-9]]}]}},"two":{"state":"DISABLED","variants":{"x":{"y":[1]}}}}}
            """#.utf8)
        var generator = SeededGenerator(seed: Self.seed)
        for _ in 0..<Self.count * 4 {
            await Task.yield()
            var bytes = valid
            for _ in 0...Int.random(in: 0..<4, using: &generator) {
                let index = Int.random(in: bytes.indices, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(contentsOf: bytes[index...].prefix(40), at: index)
                default: bytes[index] = Array(#"{}[]",:0-.eE\u"#.utf8).randomElement(using: &generator) ?? 0
                }
            }
            if let document = try? FlagDocument(parsing: bytes), let set = try? FlagSet(document) {
                #expect(set.evaluateAll(EvaluationContext(), at: 0).count == set.keys.count)
            }
        }
    }
}

extension [String: Double] {
    fileprivate var asVariants: JSONValue {
        .object(JSONObject(map { (key: $0.key, value: .number(JSONNumber($0.value))) }))
    }
}

/// JSON and rules that make no sense, but are likely to be mistaken for such as do.
private struct RandomJSON {
    private static let operators =
        Function.allCases.map(\.rawValue) + Comparison.allCases.map(\.rawValue) + ListOperator.allCases.map(\.rawValue)
        + ["var", "if", "?:", "and", "or", "fractional", "fractional", "sem_ver", "nonsense", "$ref"]
    private static let texts = [
        "", "a", "b", "e", "true", "1", "-1.5", "1e400", " 7 ", "0x1F", "a.b", "a.0", "0", "length", "$flagd",
        "$flagd.timestamp", "targetingKey", "v1.2.3-rc.1+x", "=", "^", "~", "accumulator", "current", "e\u{301}",
        "\u{1F600}x", "\0", "Infinity", "NaN",
    ]
    private static let numbers = [
        "0", "1", "-1", "2.5", "1e999", "-0.0", "9007199254740993", "2147483648", "1e-7", "50",
    ]

    var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func value(_ depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .number(JSONNumber(lexeme: Self.numbers.randomElement(using: &generator) ?? "0"))
        case 3...5: return .string(text())
        case 6: return .array((0..<Int.random(in: 0..<5, using: &generator)).map { _ in value(depth - 1) })
        default:
            let count = Int.random(in: 0..<5, using: &generator)
            return .object(JSONObject((0..<count).map { _ in (key: text(), value: value(depth - 1)) }))
        }
    }

    mutating func rule(_ depth: Int) -> JSONValue {
        guard depth > 0, Int.random(in: 0..<5, using: &generator) > 0 else { return value(1) }
        let name = Self.operators.randomElement(using: &generator) ?? "!"
        let count = Int.random(in: 0..<5, using: &generator)
        let arguments = (0..<count).map { _ in rule(depth - 1) }
        return .object([name: count == 1 && Bool.random(using: &generator) ? arguments[0] : .array(arguments)])
    }

    private mutating func text() -> String { Self.texts.randomElement(using: &generator) ?? "" }
}
