import JSON
import Testing

@testable import FlagEngine

/// What is wrong in a document, and where.
@Suite struct DefinitionTests {
    private static func flag(_ members: String) -> String {
        #"{"flags":{"f":{"state":"ENABLED","variants":{"a":1,"b":2},"defaultVariant":"a",\#(members)}}}"#
    }

    @Test(arguments: [
        ("", ""), ("{", ""), ("[]", ""), ("null", ""), ("{}", "/flags"), (#"{"flags":1}"#, "/flags"),
        (#"{"flags":[{"state":"ENABLED","variants":{"a":1}}]}"#, "/flags/0"), (#"{"flags":[1]}"#, "/flags/0"),
        (#"{"flags":{"f":null}}"#, "/flags/f"), (#"{"flags":{"f":[]}}"#, "/flags/f"),
        (#"{"flags":{"f":{"variants":{"a":1}}}}"#, "/flags/f/state"),
        (#"{"flags":{"f":{"state":"enabled","variants":{"a":1}}}}"#, "/flags/f/state"),
        (#"{"flags":{"f":{"state":"ENABLED"}}}"#, "/flags/f/variants"),
        (#"{"flags":{"f":{"state":"ENABLED","variants":{}}}}"#, "/flags/f/variants"),
        (#"{"flags":{"f":{"state":"ENABLED","variants":[1]}}}"#, "/flags/f/variants"),
        (#"{"flags":{"f":{"state":"ENABLED","variants":{"a":1e999}}}}"#, "/flags/f/variants/a"),
        (#"{"flags":{"f":{"state":"ENABLED","variants":{"a":1},"defaultVariant":"c"}}}"#, "/flags/f/defaultVariant"),
        (#"{"flags":{"f":{"state":"ENABLED","variants":{"a":1},"defaultVariant":true}}}"#, "/flags/f/defaultVariant"),
        (flag(#""metadata":5"#), "/flags/f/metadata"), (flag(#""metadata":{"a/b":1e999}"#), "/flags/f/metadata/a~1b"),
        (#"{"flags":{},"metadata":[]}"#, "/metadata"), (#"{"flags":{},"$evaluators":[]}"#, "/$evaluators"),
        (#"{"flags":{"a b":{"state":"ENABLED","variants":{"a":1}}}}"#, "/flags/a b"),
        (#"{"flags":{"":{"state":"ENABLED","variants":{"a":1}}}}"#, "/flags/"),
        (#"{"flags":{"-a":{"state":"ENABLED","variants":{"a":1}}}}"#, "/flags/-a"),
        (#"{"flags":{"ä":{"state":"ENABLED","variants":{"a":1}}}}"#, "/flags/ä"),
        (#"{"flags":{"../x":{"state":"ENABLED","variants":{"a":1}}}}"#, "/flags/..~1x"),
        (
            #"{"flags":[{"key":"a","state":"ENABLED","variants":{"a":1}},{"key":"a","state":"ENABLED","variants":{"a":1}}]}"#,
            "/flags/a"
        ),
        (#"{"flags":{"a":{"state":"ENABLED","variants":{"a":1}},"a":{}}}"#, ""),
    ])
    func refuses(_ text: String, _ pointer: String) {
        let error = #expect(throws: FlagDocumentError.self) { try document(text) }
        #expect(error?.faults.first { $0.severity == .error }?.pointer == pointer, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        (#""targeting":{"nonsense":1}"#, "/flags/f/targeting/nonsense"),
        (#""targeting":{"if":[true,{"x.y":[]}]}"#, "/flags/f/targeting/if/1/x.y"),
        (#""targeting":{"$ref":"nobody"}"#, "/flags/f/targeting"),
        (#""targeting":{"fractional":["k",["a",-5],["b",5]]}"#, "/flags/f/targeting/fractional/1"),
        (#""targeting":{"fractional":["k",["a",0]]}"#, "/flags/f/targeting/fractional"),
        (#""targeting":{"fractional":["k",["a",1.5]]}"#, "/flags/f/targeting/fractional"),
        (#""targeting":{"sem_ver":["1","="]}"#, "/flags/f/targeting/sem_ver"),
        (#""targeting":"a""#, "/flags/f/targeting"),
        (#""metadata":{"x":[]}"#, "/flags/f/metadata/x"), (#""colour":1"#, "/flags/f/colour"),
    ])
    func warnsOfViolations(_ members: String, _ pointer: String) throws {
        let set = try document(Self.flag(members))
        #expect(set.warnings.map(\.pointer) == [pointer])
        #expect(set.warnings.map(\.severity) == [.violation])
        #expect(throws: FlagDocumentError.self) { try document(Self.flag(members), validation: .strict) }
    }

    @Test func warnsOfMixedTypesAndNestedEvaluators() throws {
        let text = """
            {"flags": {"f": {"state": "ENABLED", "variants": {"a": 1, "b": "x", "": null}, "defaultVariant": "b"}},
             "$evaluators": {"e/1": {"$ref": "e/1"}}}
            """
        let set = try document(text)
        #expect(Set(set.warnings.map(\.pointer)) == ["/flags/f/variants", "/flags/f/variants/", "/$evaluators/e~11"])
        #expect(set.valueType(of: "f") == .string)
    }

    @Test(arguments: ["null", #""""#]) func advisesADefaultVariantAlsoWhenStrict(_ value: String) throws {
        let text = #"{"flags":{"f":{"state":"ENABLED","variants":{"a":1},"defaultVariant":\#(value)}}}"#
        let set = try document(text, validation: .strict)
        #expect(set.warnings.map(\.pointer) == ["/flags/f/defaultVariant"])
        #expect(set.warnings.map(\.severity) == [.advice])
    }

    @Test func advisesAgainstIntegersThatClientsRound() throws {
        let set = try document(
            #"{"flags":{"f":{"state":"ENABLED","variants":{"a":9007199254740992,"b":9007199254740991},"defaultVariant":"a"}}}"#
        )
        #expect(set.warnings.map(\.pointer) == ["/flags/f/variants/a"])
    }

    @Test func tellsAllFaultsUpToABound() throws {
        let flags = (0..<300).map { #""f\#($0)":1"# }.joined(separator: ",")
        let error = #expect(throws: FlagDocumentError.self) { try document(#"{"flags":{\#(flags)}}"#) }
        #expect(error?.faults.count == FlagLimits.faults)
    }

    @Test func takesAnArrayOfFlags() throws {
        let set = try document(
            #"{"flags":[{"key":"b","state":"DISABLED","variants":{"a":1}},{"key":"a","state":"ENABLED","variants":{"a":1}}]}"#
        )
        #expect(set.keys == ["a", "b"])
    }
}
