import JSON

extension Comparison {
    func holds(_ a: JSONValue, _ b: JSONValue) -> Bool {
        switch self {
        case .looselyEqual: Self.looselyEqual(a, b)
        case .looselyUnequal: !Self.looselyEqual(a, b)
        case .strictlyEqual: Self.strictlyEqual(a, b)
        case .strictlyUnequal: !Self.strictlyEqual(a, b)
        case .less:
            Self.ordered(a, b) {
                $0 < $1
            } texts: {
                CodeUnits.precedesInUTF16($0, $1)
            }
        case .lessOrEqual:
            Self.ordered(a, b) {
                $0 <= $1
            } texts: {
                !CodeUnits.precedesInUTF16($1, $0)
            }
        case .greater:
            Self.ordered(a, b) {
                $0 > $1
            } texts: {
                CodeUnits.precedesInUTF16($1, $0)
            }
        case .greaterOrEqual:
            Self.ordered(a, b) {
                $0 >= $1
            } texts: {
                !CodeUnits.precedesInUTF16($0, $1)
            }
        }
    }

    /// Arrays and objects equal nothing: JavaScript compares which they are, not what they hold.
    static func strictlyEqual(_ a: JSONValue, _ b: JSONValue) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.number(let a), .number(let b)): a.value == b.value
        case (.string(let a), .string(let b)): CodeUnits.same(a, b)
        default: false
        }
    }

    /// ECMAScript's IsLooselyEqual.
    private static func looselyEqual(_ a: JSONValue, _ b: JSONValue) -> Bool {
        switch (a, b) {
        case (.null, .null): return true
        case (.null, _), (_, .null): return false
        case (.array, .array), (.array, .object), (.object, .array), (.object, .object): return false
        case (.bool, .bool), (.number, .number), (.string, .string): return strictlyEqual(a, b)
        default:
            let (a, b) = (Coercion.primitive(a), Coercion.primitive(b))
            if case .string = a, case .string = b { return strictlyEqual(a, b) }
            return Coercion.number(a) == Coercion.number(b)
        }
    }

    private static func ordered(
        _ a: JSONValue, _ b: JSONValue, numbers: (Double, Double) -> Bool, texts: (String, String) -> Bool
    ) -> Bool {
        let (a, b) = (Coercion.primitive(a), Coercion.primitive(b))
        if case .string(let a) = a, case .string(let b) = b { return texts(a, b) }
        return numbers(Coercion.number(a), Coercion.number(b))
    }
}
