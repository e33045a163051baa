import JSON

/// A compiled JsonLogic rule.
indirect enum Rule: Sendable {
    case literal(JSONValue)
    case list([Rule])
    case variable(VariablePath, fallback: Rule?)
    /// The path is computed.
    case variableNamed(Rule, fallback: Rule?)
    /// Condition, value, condition, value, ..., and the value if none holds.
    case conditional([Rule])
    case and([Rule])
    case or([Rule])
    case compare(Comparison, Rule, Rule)
    case between(Comparison, Rule, Rule, Rule)
    case call(Function, [Rule])
    case each(ListOperator, items: Rule, body: Rule, initial: Rule)
    case fractional(Fractional)
    case version(VersionTest)
    /// What is not known fails when it is reached, after its arguments.
    case unknown(String, [Rule])
    /// What a rollout decides: that it was asked is remembered.
    case rollout(Rule)

    var literal: JSONValue? { if case .literal(let value) = self { value } else { nil } }

    static let null = Rule.literal(.null)
}

/// Why a rule has no result.
enum LogicError: Error, Equatable {
    case unknownOperator(String)
    case tooManySteps
}
