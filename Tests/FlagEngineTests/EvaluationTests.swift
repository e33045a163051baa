import JSON
import Testing

@testable import FlagEngine

@Suite struct EvaluationTests {
    private static let plain = """
        {"metadata": {"flagSetId": "s", "owner": "set", "none": null},
         "flags": {
            "plain": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on", "targeting": {}},
            "off": {"state": "DISABLED", "variants": {"on": true}, "defaultVariant": "on", "targeting": {"nonsense": 1}},
            "code": {"state": "ENABLED", "variants": {"on": true}},
            "described": {"state": "ENABLED", "variants": {"x": {"n": 1.0}}, "defaultVariant": "x",
                "metadata": {"owner": "flag", "n": 1}}}}
        """

    @Test func answersWithoutTargeting() throws {
        let set = try document(Self.plain)
        let plain = set.evaluate("plain", EvaluationContext(), at: 0)
        #expect(plain.reason == .fixed && plain.variant == "on" && plain.bool == true && plain.failure == nil)
        #expect(plain.metadata == ["flagSetId": .string("s"), "owner": .string("set")])

        let off = set.evaluate("off", EvaluationContext(), at: 0)
        #expect(off.reason == .disabled && off.variant == nil && off.value == nil && off.failure == nil)

        let code = set.evaluate("code", EvaluationContext(), at: 0)
        #expect(code.reason == .byDefault && code.variant == nil && code.value == nil)

        let described = set.evaluate("described", EvaluationContext(), at: 0)
        #expect(described.value?.text == #"{"n":1.0}"#)
        #expect(
            described.metadata == ["flagSetId": .string("s"), "owner": .string("flag"), "n": 1])
    }

    /// Only what a rollout's rule was asked for counts for its sides.
    @Test(arguments: [
        (#"{"$ref":"rollout/flag"}"#, true), (#"{"if":[{"var":"v"},{"$ref":"rollout/flag"},"b"]}"#, true),
        (#"{"if":[{"!":[{"var":"v"}]},{"$ref":"rollout/flag"},"b"]}"#, false), (#"{"$ref":"other"}"#, false),
        ("{}", false),
    ])
    func saysWhetherARolloutWasAsked(_ targeting: String, _ expected: Bool) throws {
        let evaluators = #"{"rollout/flag": {"fractional": [["a", 1]]}, "other": {"if": [true, "a"]}}"#
        let set = try flagSet(targeting: targeting, evaluators: evaluators)
        let context = EvaluationContext(json(#"{"v": true, "targetingKey": "u"}"#))
        #expect(set.evaluate("flag", context, at: 0).asksRollout == expected)
        #expect(set.evaluateAll(context, at: 0).map(\.asksRollout) == [expected])
    }

    /// The Kelvin sign is a K to `String`.
    @Test(arguments: ["nothing", "", "PLAIN", "plain ", "\u{212A}", "../plain", String(repeating: "x", count: 100_000)])
    func knowsNoOtherKeys(_ key: String) throws {
        let set = try document(
            #"{"flags": {"K": {"state": "ENABLED", "variants": {"on": true}}}, "metadata": {"a": 1}}"#)
        let found = set.evaluate(key, EvaluationContext(), at: 0)
        #expect(found.reason == .error && found.failure?.code == .flagNotFound && found.value == nil)
        #expect(found.metadata == ["a": 1])
        #expect(set.valueType(of: key) == nil)
    }

    @Test(arguments: [
        (#"{"var":"v"}"#, #"{"v":"a"}"#, "a", "TARGETING_MATCH"),
        (#"{"var":"v"}"#, #"{"v":true}"#, "true", "TARGETING_MATCH"),
        (#"{"var":"v"}"#, #"{"v":1}"#, "1", "TARGETING_MATCH"),
        (#"{"var":"v"}"#, #"{"v":1.0}"#, "1", "TARGETING_MATCH"),
        (#"{"var":"v"}"#, "{}", "b", "DEFAULT"), (#"{"var":"v"}"#, #"{"v":null}"#, "b", "DEFAULT"),
        (#"{"if":[{"nonsense":1},"a"]}"#, "{}", "", "PARSE_ERROR"), (#"{"$ref":"nobody"}"#, "{}", "", "PARSE_ERROR"),
        (#"{"a":1,"b":2}"#, "{}", "", "GENERAL"), (#"{"var":"v"}"#, #"{"v":false}"#, "", "GENERAL"),
        (#"{"var":"v"}"#, #"{"v":"c"}"#, "", "GENERAL"), (#"{"var":"v"}"#, #"{"v":["a"]}"#, "", "GENERAL"),
        (#"{"var":"v"}"#, #"{"v":2}"#, "", "GENERAL"), (#"{"var":"v"}"#, #"{"v":""}"#, "", "GENERAL"),
        (#"{"starts_with":[1,2]}"#, "{}", "b", "DEFAULT"), (#"{"/":[0,0]}"#, "{}", "", "GENERAL"),
        (#""a""#, "{}", "", "PARSE_ERROR"), ("[1]", "{}", "", "PARSE_ERROR"), ("5", "{}", "", "PARSE_ERROR"),
        ("null", "{}", "b", "STATIC"), ("{}", "{}", "b", "STATIC"),
    ])
    func choosesVariants(_ targeting: String, _ context: String, _ variant: String, _ word: String) throws {
        let found = try flagSet(targeting: targeting).evaluate("flag", EvaluationContext(json(context)), at: 0)
        #expect(found.variant ?? "" == variant)
        #expect((found.failure?.code.rawValue ?? found.reason.rawValue) == word)
        #expect((found.value != nil) == (found.failure == nil) && (found.reason == .error) == (found.failure != nil))
    }

    @Test func aNullVariantIsNoValue() throws {
        let set = try document(#"{"flags":{"f":{"state":"ENABLED","variants":{"n":null},"defaultVariant":"n"}}}"#)
        #expect(set.evaluate("f", EvaluationContext(), at: 0).failure?.code == .general)
    }

    @Test func evaluatorsTakeThePlaceOfReferences() throws {
        let set = try flagSet(
            targeting: #"{"if":[{"$ref":"is me"},"a",{"$ref":"nested"}]}"#,
            evaluators: #"{"is me":{"==":[{"var":"name"},"me"]},"nested":{"$ref":"is me"}}"#)
        #expect(set.evaluate("flag", EvaluationContext(["name": .string("me")]), at: 0).variant == "a")
        // They don't nest, so a circle can't be.
        #expect(set.evaluate("flag", EvaluationContext(), at: 0).failure?.code == .parseError)
    }

    @Test func theGatewaysWordCountsBeforeTheCallers() throws {
        let set = try flagSet(targeting: #"{"if":[{"==":[{"var":"plan"},"free"]},"a","b"]}"#)
        let forged = EvaluationContext(json(#"{"plan":"free"}"#), gateway: ["plan": .string("paid")])
        #expect(set.evaluate("flag", forged, at: 0).variant == "b")
        let whole = try flagSet(
            targeting: #"{"if":[{"==":[{"cat":{"map":[[{"var":""}],{"var":"plan"}]}},"paid"]},"a"]}"#)
        #expect(whole.evaluate("flag", forged, at: 0).variant == "a")
    }

    @Test(arguments: ["null", "true", "5", #""text""#, "[]", "[1]"])
    func whatIsNoObjectIsAnEmptyContext(_ context: String) throws {
        let set = try flagSet(targeting: #"{"if":[{"missing":["targetingKey"]},"a","b"]}"#)
        #expect(set.evaluate("flag", EvaluationContext(json(context)), at: 0).variant == "a")
    }

    @Test func knowsWhetherTimeMatters() throws {
        func readsTime(_ targeting: String) throws -> Bool {
            try flagSet(targeting: targeting, evaluators: #"{"late":{">":[{"var":"$flagd.timestamp"},5]}}"#).readsTime
        }
        #expect(try !readsTime(#"{"var":"$flagd.flagKey"}"#) && !readsTime("{}") && !readsTime(#"{"var":"timestamp"}"#))
        #expect(try readsTime(#"{"if":[{"$ref":"late"},"a"]}"#) && readsTime(#"{"var":"$flagd"}"#))
        #expect(try readsTime(#"{"var":""}"#) && readsTime(#"{"var":{"cat":["$flagd",".timestamp"]}}"#))
        let late = try flagSet(
            targeting: #"{"if":[{"$ref":"late"},"a"]}"#, evaluators: #"{"late":{">":[{"var":"$flagd.timestamp"},5]}}"#)
        #expect(late.evaluate("flag", EvaluationContext(), at: 5).variant == "b")
        #expect(late.evaluate("flag", EvaluationContext(), at: 6).variant == "a")
    }

    @Test func evaluatesAllInTheOrderOfKeys() throws {
        let found = try document(Self.plain).evaluateAll(EvaluationContext(), at: 0)
        #expect(found.map(\.key) == ["code", "described", "off", "plain"])
        #expect(found.map(\.reason) == [.byDefault, .fixed, .disabled, .fixed])
    }

    @Test func bulkEvaluationHasOneBudget() throws {
        let flag = #"{"state":"ENABLED","variants":{"a":1},"targeting":{"map":[{"var":"list"},{"var":""}]}}"#
        let flags = (10..<20).map { #""f\#($0)":\#(flag)"# }.joined(separator: ",")
        let set = try document(#"{"flags":{\#(flags)}}"#)
        let context = EvaluationContext(["list": .array(Array(repeating: .null, count: 100))])
        let found = set.evaluateAll(context, at: 0, steps: 150, bulkSteps: 500)
        let tooLong = found.map { $0.failure?.details.contains("steps") == true }
        #expect(tooLong == Array(repeating: false, count: 4) + Array(repeating: true, count: 6))
    }

    @Test func typesAreToldApart() throws {
        let set = try document(
            """
            {"flags": {
                "b": {"state": "ENABLED", "variants": {"x": true}, "defaultVariant": "x"},
                "s": {"state": "ENABLED", "variants": {"x": "1"}, "defaultVariant": "x"},
                "i": {"state": "ENABLED", "variants": {"x": 1, "y": 9007199254740993}, "defaultVariant": "y"},
                "f": {"state": "ENABLED", "variants": {"x": 1, "y": 0.5, "z": 1e2}, "defaultVariant": "x"},
                "e": {"state": "ENABLED", "variants": {"x": 1e2}, "defaultVariant": "x"},
                "a": {"state": "ENABLED", "variants": {"x": [1, 2.0], "y": {}}, "defaultVariant": "x"}}}
            """)
        let found = set.evaluateAll(EvaluationContext(), at: 0)
        #expect(found.map(\.valueType) == [.object, .boolean, .float, .float, .integer, .string])
        let values = ["[1,2.0]", "true", "100.0", "1.0", "9007199254740993", #""1""#]
        #expect(found.map { $0.value?.text } == values)
        for evaluation in found {
            for type in FlagValueType.allCases {
                let code = evaluation.requiring(type).failure?.code
                #expect(code == (type == evaluation.valueType ? nil : .typeMismatch))
            }
        }
    }

    /// `jsonb` makes 100 of 1e2, so who stores a flag keeps its type beside it.
    @Test func theTypeMayBeKnownBetter() throws {
        let flag = FlagDefinition(
            key: "f", json: json(#"{"state":"ENABLED","variants":{"x":100},"defaultVariant":"x"}"#), valueType: .float)
        let set = try FlagSet(FlagDocument(flags: [flag]))
        #expect(set.evaluate("f", EvaluationContext(), at: 0).value?.text == "100.0")
    }
}
