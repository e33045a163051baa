import JSON

/// Evaluates rules for one subject.
struct Interpreter {
    let subject: Subject
    var budget: StepBudget
    /// Whether a rollout's rule was reached.
    private(set) var asksRollout = false

    mutating func value(of rule: Rule, in scope: Scope) throws(LogicError) -> JSONValue {
        try budget.spend()
        switch rule {
        case .literal(let value): return value
        case .list(let elements): return .array(try values(of: elements, in: scope))
        case .variable(let path, let fallback):
            if let value = subject.value(of: path, in: scope) { return value }
            return try fallback.map { rule throws(LogicError) in try value(of: rule, in: scope) } ?? .null
        case .variableNamed(let name, let fallback):
            let path = VariablePath(try paidValue(of: name, in: scope))
            try budget.spend(path.steps.count)
            return try value(of: .variable(path, fallback: fallback), in: scope)
        case .conditional(let branches): return try choose(branches, in: scope)
        case .and(let rules):
            var last = JSONValue.null
            for rule in rules {
                last = try value(of: rule, in: scope)
                if !Coercion.isTruthy(last) { break }
            }
            return last
        case .or(let rules):
            var last = JSONValue.null
            for rule in rules {
                last = try value(of: rule, in: scope)
                if Coercion.isTruthy(last) { break }
            }
            return last
        case .compare(let comparison, let a, let b):
            return .bool(comparison.holds(try paidValue(of: a, in: scope), try paidValue(of: b, in: scope)))
        case .between(let comparison, let a, let b, let c):
            let (a, b) = (try paidValue(of: a, in: scope), try paidValue(of: b, in: scope))
            let c = try paidValue(of: c, in: scope)
            return .bool(comparison.holds(a, b) && comparison.holds(b, c))
        case .call(let function, let arguments):
            let arguments = try values(of: arguments, in: scope)
            for argument in arguments { try budget.spend(for: argument) }
            return try apply(function, arguments, in: scope)
        case .each(let list, let items, let body, let initial):
            return try each(list, items, body, initial, in: scope)
        case .fractional(let fractional): return try split(fractional, in: scope)
        case .version(let test): return try compare(test, in: scope)
        case .unknown(let name, let arguments):
            _ = try values(of: arguments, in: scope)
            throw .unknownOperator(name)
        case .rollout(let rule):
            asksRollout = true
            return try value(of: rule, in: scope)
        }
    }

    mutating func values(of rules: [Rule], in scope: Scope) throws(LogicError) -> [JSONValue] {
        var values: [JSONValue] = []
        values.reserveCapacity(rules.count)
        for rule in rules { values.append(try value(of: rule, in: scope)) }
        return values
    }

    /// A value that is about to be worked through.
    mutating func paidValue(of rule: Rule, in scope: Scope) throws(LogicError) -> JSONValue {
        let value = try value(of: rule, in: scope)
        try budget.spend(for: value)
        return value
    }

    private mutating func choose(_ branches: [Rule], in scope: Scope) throws(LogicError) -> JSONValue {
        var index = 0
        while index + 1 < branches.count {
            if Coercion.isTruthy(try value(of: branches[index], in: scope)) {
                return try value(of: branches[index + 1], in: scope)
            }
            index += 2
        }
        return index < branches.count ? try value(of: branches[index], in: scope) : .null
    }
}
