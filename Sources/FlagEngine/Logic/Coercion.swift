import JSON

/// Conversions as JavaScript makes them, but for `[]`, which JsonLogic takes for false.
enum Coercion {
    static func isTruthy(_ value: JSONValue) -> Bool {
        switch value {
        case .null: false
        case .bool(let bool): bool
        case .number(let number): number.value != 0 && !number.value.isNaN
        case .string(let text): !text.isEmpty
        case .array(let elements): !elements.isEmpty
        case .object: true
        }
    }

    /// `Number(value)`.
    static func number(_ value: JSONValue) -> Double {
        switch value {
        case .null: 0
        case .bool(let bool): bool ? 1 : 0
        case .number(let number): number.value
        case .string(let text): NumberText.number(text)
        case .array: NumberText.number(self.text(value))
        case .object: .nan
        }
    }

    /// `parseFloat(value)`: what a text begins with.
    static func leadingNumber(_ value: JSONValue) -> Double {
        if case .number(let number) = value { return number.value }
        return NumberText.leadingNumber(text(value))
    }

    /// `String(value)`.
    static func text(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let bool): bool ? "true" : "false"
        case .number(let number): JSONNumber.text(number.value)
        case .string(let text): text
        case .array(let elements): elements.map(element).joined(separator: ",")
        case .object: "[object Object]"
        }
    }

    /// As an array joins it: null is nothing.
    static func element(_ value: JSONValue) -> String { value == .null ? "" : text(value) }

    /// What arrays and objects are compared as.
    static func primitive(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array, .object: .string(text(value))
        default: value
        }
    }
}
