extension JSONNumber {
    /// As ECMAScript's Number::toString (ECMA-262, 6.1.6.1.20) writes it: the shortest digits that read back, `1` for 1.0,
    /// an exponent only from 1e21 and below 1e-6.
    package static func text(_ value: Double) -> String {
        if let integer = Int64(exactly: value), integer.magnitude < 1 << 53 { return "\(integer)" }
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity" }
        let (digits, point) = shortest(value.magnitude)
        let count = digits.utf8.count
        let text: String
        switch point {
        case count...21: text = digits + zeros(point - count)
        case 1...21: text = digits.prefix(point) + "." + digits.dropFirst(point)
        case -5...0: text = "0." + zeros(-point) + digits
        default:
            let fraction = count > 1 ? "." + digits.dropFirst() : ""
            text = digits.prefix(1) + fraction + (point > 0 ? "e+" : "e-") + "\(abs(point - 1))"
        }
        return value < 0 ? "-" + text : text
    }

    /// The shortest digits, and where the point lies from their beginning: 0.05 is ("5", -1).
    private static func shortest(_ value: Double) -> (digits: String, point: Int) {
        let parts = value.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".")
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let fraction = mantissa.count > 1 && mantissa[1] != "0" ? mantissa[1] : ""
        let all = mantissa[0] + fraction
        let digits = all.drop { $0 == "0" }
        let leading = all.count - digits.count
        let trailing = digits.reversed().prefix { $0 == "0" }.count
        return (String(digits.dropLast(trailing)), mantissa[0].count - leading + exponent)
    }

    private static func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }
}
