import JSON
import Testing

@testable import FlagEngine

/// Hostile definitions and contexts have an answer, and soon.
@Suite struct LimitTests {
    private static func nested(_ levels: Int) -> String {
        String(repeating: #"{"!":["#, count: levels) + "1" + String(repeating: "]}", count: levels)
    }

    @Test(arguments: [(1, true), (14, true), (17, false), (31, false)])
    func boundsDepth(_ levels: Int, _ isTaken: Bool) {
        if isTaken {
            #expect(throws: Never.self) { try flagSet(targeting: Self.nested(levels)) }
        } else {
            let error = #expect(throws: FlagDocumentError.self) { try flagSet(targeting: Self.nested(levels)) }
            #expect(error?.description.contains("levels") == true)
        }
    }

    @Test(arguments: ["[", #"{"a":"#, #"{"flags":"#]) func boundsNestingOfText(_ open: String) {
        let error = #expect(throws: FlagDocumentError.self) { try document(String(repeating: open, count: 100_000)) }
        #expect(error?.description.contains("levels") == true)
    }

    @Test func boundsDocuments() {
        let text = #"{"flags":{},"x":""# + String(repeating: "x", count: FlagLimits.documentBytes) + #""}"#
        #expect(throws: FlagDocumentError.self) { try document(text) }
    }

    @Test func boundsDefinitions() {
        let long = String(repeating: "x", count: FlagLimits.definitionBytes)
        #expect(throws: FlagDocumentError.self) { try flagSet(targeting: #"{"==":["\#(long)",1]}"#) }
        #expect(throws: FlagDocumentError.self) { try flagSet(targeting: "{}", evaluators: #"{"e":"\#(long)"}"#) }
    }

    @Test(arguments: [(0, true), (1, false)]) func boundsFlags(_ more: Int, _ isTaken: Bool) {
        let flag = #"{"state":"ENABLED","variants":{"a":1}}"#
        let flags = (0..<(FlagLimits.flags + more)).map { #""f\#($0)":\#(flag)"# }.joined(separator: ",")
        if isTaken {
            #expect(throws: Never.self) { try document(#"{"flags":{\#(flags)}}"#) }
        } else {
            #expect(throws: FlagDocumentError.self) { try document(#"{"flags":{\#(flags)}}"#) }
        }
    }

    @Test func boundsVariantsAndEvaluatorsAndNames() {
        let members = (0...100).map { #""n\#($0)":1"# }.joined(separator: ",")
        let name = String(repeating: "n", count: FlagLimits.nameBytes + 1)
        for text in [
            #"{"flags":{"f":{"state":"ENABLED","variants":{\#(members)}}}}"#,
            #"{"flags":{},"$evaluators":{\#(members)}}"#, #"{"flags":{},"metadata":{\#(members)}}"#,
            #"{"flags":{"f":{"state":"ENABLED","variants":{"\#(name)":1}}}}"#,
            #"{"flags":{},"$evaluators":{"\#(name)":1}}"#, #"{"flags":{},"metadata":{"\#(name)":1}}"#,
            #"{"flags":{"\#(name)":{"state":"ENABLED","variants":{"a":1}}}}"#,
        ] {
            #expect(throws: FlagDocumentError.self) { try document(text) }
        }
    }

    /// Evaluators make small definitions big.
    @Test func boundsNodesWithThoseOfEvaluators() {
        let ones = Array(repeating: "1", count: 100).joined(separator: ",")
        let references = Array(repeating: #"{"$ref":"e"}"#, count: 30).joined(separator: ",")
        let error = #expect(throws: FlagDocumentError.self) {
            try flagSet(targeting: #"{"+":[\#(references)]}"#, evaluators: #"{"e":{"+":[\#(ones)]}}"#)
        }
        #expect(error?.faults.map(\.pointer) == ["/flags/flag/targeting"])
        #expect(throws: Never.self) { try flagSet(targeting: #"{"+":[\#(references)]}"#, evaluators: #"{"e":1}"#) }
    }

    /// What grows with every turn, by value or by reference, ends when the steps are spent.
    @Test(arguments: [
        #"{"reduce":[{"var":"l"},{"cat":[{"var":"accumulator"},{"var":"accumulator"}]},"xxxxxxxxxxxxxxxx"]}"#,
        #"{"reduce":[{"var":"l"},{"merge":[{"var":"accumulator"},{"var":"accumulator"}]},[1]]}"#,
        #"{"reduce":[{"var":"l"},[{"var":"accumulator"},{"var":"accumulator"}],1]}"#,
        #"{"reduce":[{"var":"l"},[{"var":"accumulator"}],1]}"#, #"{"reduce":[{"var":"l"},{"var":""},1]}"#,
        #"{"map":[{"var":"l"},{"map":[{"var":""},{"var":""}]},{"map":[{"var":"l"},1]}]}"#,
        #"{"map":[{"var":"l"},{"cat":[{"var":"l"},{"reduce":[[1,2,3,4,5,6,7],{"merge":[{"var":"accumulator"},{"var":"accumulator"},{"var":"accumulator"}]},[1,2,3]]}]}]}"#,
        #"{"some":[{"var":"l"},{"in":["b",{"cat":[{"reduce":[[1,2,3,4,5,6,7,8,9,10,11,12],{"cat":[{"var":"accumulator"},{"var":"accumulator"}]},"aaaaaaaaaaaaaaaa"]}]}]}]}"#,
    ])
    func endsWhatGrows(_ rule: String) {
        let list = Array(repeating: "1", count: 30_000).joined(separator: ",")
        #expect(result(rule, #"{"l":[\#(list)]}"#) == "error: tooManySteps")
    }

    /// 64 KiB in one value, and in many.
    @Test func takesBigContexts() throws {
        let text = String(repeating: "a", count: FlagLimits.contextBytes)
        let set = try flagSet(
            targeting: #"{"if":[{"in":[{"var":"part"},{"var":"text"}]},"a",{"ends_with":[{"var":"text"},"b"]}]}"#)
        let context = EvaluationContext(["text": .string(text), "part": .string(String(text.dropLast(99)) + "b")])
        #expect(set.evaluate("flag", context, at: 0).failure?.code == .general)

        let many = (0..<5_000).map { (key: "attribute-\($0)", value: JSONValue.number(JSONNumber($0))) }
        let lookup = try flagSet(targeting: #"{"if":[{"==":[{"var":"attribute-4321"},4321]},"a"]}"#)
        #expect(lookup.evaluate("flag", EvaluationContext(JSONObject(many)), at: 0).variant == "a")
    }

    @Test(arguments: [
        "null", "true", "0", "-1.5", "1e308", "1e999", #""""#, #""\u0000""#, "[]", "{}", "[[[]]]", #"{"":{}}"#,
    ])
    func takesValuesOfAllKinds(_ value: String) throws {
        for name in Function.allCases.map(\.rawValue) + Comparison.allCases.map(\.rawValue)
            + ListOperator.allCases.map(\.rawValue) + ["fractional", "sem_ver", "var", "if", "and", "or", "?:"]
        {
            for arguments in [
                "", #"{"var":"v"}"#, #"{"var":"v"},{"var":"v"}"#, #"{"var":"v"},{"var":"v"},{"var":"v"}"#,
            ] {
                let rule = #"{"\#(name)":[\#(arguments)]}"#
                #expect(!result(rule, #"{"v":\#(value)}"#).hasPrefix("error"), "\(rule)")
            }
        }
    }
}
