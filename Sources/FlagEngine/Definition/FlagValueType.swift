import JSON

/// What a flag's variants are. Which of the two kinds of numbers is told by how they are written: one literal with a point
/// or an exponent makes all of them floats, and they are all written with a point then.
package enum FlagValueType: String, Sendable, CaseIterable {
    case boolean, string, integer, float, object

    /// Of one value; nil for null.
    init?(_ value: JSONValue) {
        switch value {
        case .null: return nil
        case .bool: self = .boolean
        case .number(let number): self = number.isWrittenAsInteger ? .integer : .float
        case .string: self = .string
        case .array, .object: self = .object
        }
    }

    /// Nil where the values are not of one type.
    static func common(_ values: some Sequence<JSONValue>) -> FlagValueType? {
        var common: FlagValueType?
        for value in values {
            guard let type = FlagValueType(value) else { return nil }
            switch (common, type) {
            case (nil, _): common = type
            case (.integer?, .float): common = .float
            case (.float?, .integer): break
            case (let known?, _): if known != type { return nil }
            }
        }
        return common
    }

    /// The value as clients of this type have to get it: stock clients take `1` for no float and `1.0` for no integer.
    func written(_ value: JSONValue) -> JSONValue {
        guard self == .float, case .number(let number) = value, number.value.isFinite else { return value }
        let text = JSONNumber.text(number.value)
        let isFloat = text.utf8.contains { ".e".utf8.contains($0) }
        return .number(JSONNumber(lexeme: isFloat ? text : text + ".0"))
    }
}
