import JSON

extension Interpreter {
    /// What is not a list counts as an empty one.
    mutating func each(
        _ list: ListOperator, _ items: Rule, _ body: Rule, _ initial: Rule, in scope: Scope
    ) throws(LogicError) -> JSONValue {
        var elements: [JSONValue] = []
        if case .array(let found) = try value(of: items, in: scope) { elements = found }
        switch list {
        case .map:
            var mapped: [JSONValue] = []
            for element in elements { mapped.append(try value(of: body, in: .item(element))) }
            return .array(mapped)
        case .filter:
            var kept: [JSONValue] = []
            for element in elements where try holds(body, for: element) { kept.append(element) }
            return .array(kept)
        case .reduce:
            return try reduce(elements, body, from: try value(of: initial, in: scope))
        case .all:
            for element in elements where try !holds(body, for: element) { return .bool(false) }
            return .bool(!elements.isEmpty)
        case .some, .none:
            for element in elements where try holds(body, for: element) { return .bool(list == .some) }
            return .bool(list == .none)
        }
    }

    private mutating func holds(_ rule: Rule, for item: JSONValue) throws(LogicError) -> Bool {
        Coercion.isTruthy(try value(of: rule, in: .item(item)))
    }

    /// Only here a value can grow with each turn, also by references to itself, so it is paid for at each.
    private mutating func reduce(
        _ elements: [JSONValue], _ body: Rule, from initial: JSONValue
    ) throws(LogicError) -> JSONValue {
        var accumulator = initial
        for element in elements {
            accumulator = try value(of: body, in: .reduction(current: element, accumulator: accumulator))
            try budget.spend(for: accumulator)
        }
        return accumulator
    }
}
