import JSON

/// The data that a rule sees: the evaluation's, or within a list operator the item's.
enum Scope {
    case evaluation
    case item(JSONValue)
    case reduction(current: JSONValue, accumulator: JSONValue)
}

/// What an evaluation knows besides the rule.
struct Subject {
    let flagKey: String
    /// Unix time in seconds.
    let timestamp: Int64
    let context: EvaluationContext
    let bucketing: Bucketing

    /// A member of the evaluation's data; the gateway's word counts before the caller's.
    func member(_ name: String) -> JSONValue? {
        if name == "$flagd" { return properties }
        return context.gateway[name] ?? context.attributes[name]
    }

    var properties: JSONValue {
        .object(["flagKey": .string(flagKey), "timestamp": .number(JSONNumber(timestamp))])
    }

    var everything: JSONObject {
        context.attributes.overlaid(by: context.gateway).overlaid(by: ["$flagd": properties])
    }
}

extension Subject {
    /// Nil where there is nothing of the name.
    func value(of path: VariablePath, in scope: Scope) -> JSONValue? {
        guard let first = path.steps.first else { return whole(scope) }
        var value: JSONValue?
        switch scope {
        case .evaluation: value = member(first.name)
        case .item(let item): value = VariablePath.member(first, of: item)
        case .reduction(let current, let accumulator):
            value = first.name == "current" ? current : first.name == "accumulator" ? accumulator : nil
        }
        for step in path.steps.dropFirst() {
            guard let outer = value else { return nil }
            value = VariablePath.member(step, of: outer)
        }
        return value
    }

    private func whole(_ scope: Scope) -> JSONValue {
        switch scope {
        case .evaluation: .object(everything)
        case .item(let item): item
        case .reduction(let current, let accumulator): .object(["current": current, "accumulator": accumulator])
        }
    }
}
