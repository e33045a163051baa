import JSON
import TestSupport
import Testing

@testable import FlagEngine

/// This engine and flagd's own evaluator give the same answers to flags and contexts that are made at random, from a seed.
@Suite(
    .enabled(
        if: ReferenceEvaluator.text.isThere && ReferenceEvaluator.cbor.isThere,
        "scripts/python.sh was not run, which installs openfeature-flagd-core"))
struct DifferentialTests {
    private static let flags = 1_000
    private static let contexts = 3

    @Test(.timeLimit(.minutes(2)), arguments: Bucketing.allCases)
    func agreesWithFlagd(_ bucketing: Bucketing) async throws {
        let reference = bucketing == .text ? ReferenceEvaluator.text : .cbor
        var generator = CaseGenerator(seed: UInt64(bucketing.rawValue), bucketing: bucketing)
        let cases = (0..<Self.flags).map { _ in generator.flagCase(contexts: Self.contexts) }
        let theirs = try await reference.answers(cases)
        try #require(theirs.count == Self.flags * Self.contexts)
        var seen: [String: Int] = [:]
        for (index, flagCase) in cases.enumerated() {
            await Task.yield()
            for (number, ours) in try flagCase.answers().enumerated() {
                let their = theirs[index * Self.contexts + number]
                seen[(ours["error"] ?? ours["reason"] ?? .null).text, default: 0] += 1
                #expect(
                    JSONValue.object(ours).typedText == JSONValue.object(their).typedText,
                    "\(flagCase.document.text) \(flagCase.contexts[number].text)")
            }
        }
        // The comparison is worth something only if all kinds of answers come up.
        for kind in ["STATIC", "TARGETING_MATCH", "DEFAULT", "DISABLED", "PARSE_ERROR", "GENERAL"] {
            #expect(seen["\"\(kind)\"", default: 0] > 20, "\(kind): \(seen)")
        }
    }

    /// Where the two differ, and on purpose.
    @Test(arguments: KnownDifference.all) func differsAsIsKnown(_ difference: KnownDifference) async throws {
        let flagCase = difference.flagCase
        let reference = difference.bucketing == .text ? ReferenceEvaluator.text : .cbor
        let theirs = try await reference.answers([flagCase])
        #expect(difference.word(of: try flagCase.answers()[0]) == difference.ours)
        #expect(difference.word(of: theirs[0]) == difference.theirs, "\(theirs)")
    }
}

extension JSONValue {
    /// Numbers of equal value and kind have the same text.
    fileprivate var typedText: String {
        switch self {
        case .number(let number):
            number.isWrittenAsInteger ? number.text : "float " + JSONNumber.text(number.value)
        case .object(let members): members.map { "\($0.key): \($0.value.typedText)" }.joined(separator: ", ")
        case .array(let elements): "[" + elements.map(\.typedText).joined(separator: ", ") + "]"
        default: text
        }
    }
}
