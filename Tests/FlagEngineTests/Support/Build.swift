import JSON
import Testing

@testable import FlagEngine

/// JSON written in a test; what is not JSON fails it.
func json(_ text: String) -> JSONValue {
    do {
        return try JSONValue(parsing: Array(text.utf8))
    } catch {
        Issue.record("\(error): \(text)")
        return .null
    }
}

/// A set of one flag `flag` with the variants `a`, `b`, `true`, `1` and the default variant `b`, that is targeted by a rule.
func flagSet(
    targeting: String, evaluators: String = "{}", bucketing: Bucketing = .cbor, validation: FlagValidation = .warn
) throws -> FlagSet {
    let text = """
        {"$evaluators": \(evaluators), "flags": {"flag": {
            "state": "ENABLED", "variants": {"a": "va", "b": "vb", "true": "vt", "1": "v1"}, "defaultVariant": "b",
            "targeting": \(targeting)}}}
        """
    return try FlagSet(try FlagDocument(parsing: Array(text.utf8)), bucketing: bucketing, validation: validation)
}

func document(_ text: String, validation: FlagValidation = .warn) throws -> FlagSet {
    try FlagSet(try FlagDocument(parsing: Array(text.utf8)), validation: validation)
}

/// What a rule makes of data, as JSON; "error: ..." where it fails. Numbers that JSON can't hold are written as JavaScript
/// writes them.
func result(
    _ rule: String, _ data: String = "{}", bucketing: Bucketing = .cbor, steps: Int = FlagLimits.steps,
    at timestamp: Int64 = 0
) -> String {
    var compiler = RuleCompiler(evaluators: [], faults: FlagFaults(.warn))
    let compiled = compiler.rule(json(rule), .root)
    let subject = Subject(
        flagKey: "flag", timestamp: timestamp, context: EvaluationContext(json(data)), bucketing: bucketing)
    var interpreter = Interpreter(subject: subject, budget: StepBudget(steps))
    do throws(LogicError) {
        let value = try interpreter.value(of: compiled, in: .evaluation)
        if case .number(let number) = value, !number.value.isFinite { return number.text }
        return value.text
    } catch {
        return "error: \(error)"
    }
}
