import JSON

extension Interpreter {
    /// What an argument that is not given counts as is said by each function.
    func apply(
        _ function: Function, _ arguments: [JSONValue], in scope: Scope
    ) throws(LogicError) -> JSONValue {
        let first = arguments.first ?? .null
        let second = arguments.count > 1 ? arguments[1] : nil
        switch function {
        case .not: return .bool(!Coercion.isTruthy(first))
        case .truth: return .bool(Coercion.isTruthy(first))
        case .log: return first
        case .add: return number(arguments.reduce(0) { $0 + Coercion.leadingNumber($1) })
        case .multiply: return number(arguments.reduce(1) { $0 * Coercion.leadingNumber($1) })
        case .minimum: return number(arguments.reduce(.infinity) { Self.lesser($0, Coercion.number($1)) })
        case .maximum: return number(-arguments.reduce(.infinity) { Self.lesser($0, -Coercion.number($1)) })
        case .subtract:
            guard let second else { return number(-Coercion.number(first)) }
            return number(Coercion.number(first) - Coercion.number(second))
        case .divide: return number(Coercion.number(first) / (second.map(Coercion.number) ?? .nan))
        case .remainder:
            return number(Coercion.number(first).truncatingRemainder(dividingBy: second.map(Coercion.number) ?? .nan))
        case .contains: return .bool(Self.contains(second ?? .null, first))
        case .concatenate: return .string(arguments.map(Coercion.element).joined())
        case .substring: return .string(Self.substring(arguments))
        case .merge: return .array(arguments.flatMap(Self.elements))
        case .missing: return .array(missing(Self.keys(arguments), in: scope))
        case .missingSome: return .array(missingSome(arguments, in: scope))
        case .startsWith: return Self.affix(arguments) { $0.starts(with: $1) }
        case .endsWith: return Self.affix(arguments) { $0.reversed().starts(with: $1.reversed()) }
        }
    }

    private func number(_ value: Double) -> JSONValue { .number(JSONNumber(value)) }

    /// `Math.min`: what is not a number prevails.
    private static func lesser(_ a: Double, _ b: Double) -> Double { a.isNaN || b.isNaN ? .nan : min(a, b) }

    private static func contains(_ container: JSONValue, _ element: JSONValue) -> Bool {
        switch container {
        case .array(let elements): elements.contains { Comparison.strictlyEqual($0, element) }
        case .string(let text): CodeUnits.contains(text, Coercion.text(element))
        default: false
        }
    }

    private static func elements(_ value: JSONValue) -> [JSONValue] {
        if case .array(let elements) = value { elements } else { [value] }
    }

    /// Null unless both are strings.
    private static func affix(
        _ arguments: [JSONValue], _ holds: (String.UTF8View, String.UTF8View) -> Bool
    ) -> JSONValue {
        guard arguments.count == 2, case .string(let text) = arguments[0], case .string(let affix) = arguments[1]
        else { return .null }
        return .bool(holds(text.utf8, affix.utf8))
    }
}

extension Interpreter {
    /// Keys of `missing`: its arguments, or the elements of the first.
    private static func keys(_ arguments: [JSONValue]) -> [JSONValue] {
        if case .array(let keys)? = arguments.first { keys } else { arguments }
    }

    /// The keys whose values are not there, null or the empty string.
    private func missing(_ keys: [JSONValue], in scope: Scope) -> [JSONValue] {
        keys.filter { key in
            switch subject.value(of: VariablePath(key), in: scope) {
            case nil, .null?: true
            case .string(let text)?: text.isEmpty
            default: false
            }
        }
    }

    /// Nothing where the first argument's number of keys is there.
    private func missingSome(_ arguments: [JSONValue], in scope: Scope) -> [JSONValue] {
        guard arguments.count > 1, case .array(let keys) = arguments[1] else { return [] }
        let missing = missing(keys, in: scope)
        return Double(keys.count - missing.count) >= Coercion.number(arguments[0]) ? [] : missing
    }

    /// Start and length in UTF-16 units; negative ones count from the end. Half of a surrogate pair becomes U+FFFD.
    private static func substring(_ arguments: [JSONValue]) -> String {
        let units = Array(Coercion.text(arguments.first ?? .null).utf16)
        let start = arguments.count > 1 ? integer(arguments[1]) : 0
        let from = start < 0 ? max(units.count + start, 0) : min(start, units.count)
        let rest = units.count - from
        let length = arguments.count > 2 ? integer(arguments[2]) : rest
        let count = length < 0 ? max(rest + length, 0) : min(length, rest)
        return String(decoding: units[from..<(from + count)], as: UTF16.self)
    }

    /// Within what fits into a text, toward zero; what is not a number is 0.
    private static func integer(_ value: JSONValue) -> Int {
        let number = Coercion.number(value)
        return number.isNaN ? 0 : Int(min(max(number, -1e9), 1e9))
    }
}
