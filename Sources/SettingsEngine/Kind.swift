/// What values a setting may have, and how they are written.
package struct Kind<Value: Sendable>: Sendable {
    /// Completes "is not".
    package let allowed: String
    package let text: @Sendable (Value) -> String
    package let read: @Sendable (String) throws(Refusal) -> Value

    package init(
        allowed: String, text: @escaping @Sendable (Value) -> String = { _ in "" },
        read: @escaping @Sendable (String) throws(Refusal) -> Value
    ) {
        self.allowed = allowed
        self.text = text
        self.read = read
    }
}

/// A text that is no value.
package struct Refusal: Error {
    /// A sentence that says more than "is not what is allowed"; must not hold the text of a secret.
    package let reason: String?

    package init(_ reason: String? = nil) { self.reason = reason }
}

extension Kind where Value == Int {
    package static func integer(_ range: ClosedRange<Int>) -> Kind {
        Kind(
            allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)", text: \.description
        ) { text throws(Refusal) in
            guard let value = Int(text), range.contains(value) else { throw Refusal() }
            return value
        }
    }
}

extension Kind where Value == Double {
    private static func written(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }

    package static func number(_ range: ClosedRange<Double>) -> Kind {
        Kind(
            allowed: "a number from \(written(range.lowerBound)) to \(written(range.upperBound))", text: written
        ) { text throws(Refusal) in
            guard let value = Double(text), range.contains(value) else { throw Refusal() }
            return value
        }
    }
}

extension Kind where Value == Bool {
    package static var boolean: Kind {
        Kind(allowed: "true or false", text: \.description) { text throws(Refusal) in
            guard let value = Bool(text) else { throw Refusal() }
            return value
        }
    }
}

extension Kind where Value == String {
    /// - Parameter check: throws where the text is not allowed.
    package static func text(
        _ allowed: String, check: @escaping @Sendable (String) throws(Refusal) -> Void = { _ in }
    ) -> Kind {
        Kind(allowed: allowed, text: \.self) { text throws(Refusal) in
            try check(text)
            return text
        }
    }
}

extension Kind where Value: CaseIterable & RawRepresentable<String> {
    package static var choice: Kind {
        let words = Value.allCases.map(\.rawValue)
        return Kind(
            allowed: words.dropLast().joined(separator: ", ") + " or " + (words.last ?? ""), text: \.rawValue
        ) { text throws(Refusal) in
            guard let value = Value(rawValue: text) else { throw Refusal() }
            return value
        }
    }
}

extension Kind where Value == Duration {
    private static var units: [(name: Character, seconds: Int)] { [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] }

    /// - Parameter range: in seconds.
    package static func time(_ range: ClosedRange<Int>) -> Kind {
        Kind(
            allowed: "a time from \(written(.seconds(range.lowerBound))) to \(written(.seconds(range.upperBound)))",
            text: written
        ) { text throws(Refusal) in
            guard let seconds = seconds(text), range.contains(seconds) else { throw Refusal() }
            return .seconds(seconds)
        }
    }

    /// Seconds, or a number of one unit: `90`, `90s`, `5m`, `12h`, `1d`.
    private static func seconds(_ text: String) -> Int? {
        let unit = units.first { text.last == $0.name }
        guard let number = Int(unit == nil ? text[...] : text.dropLast()), number >= 0 else { return nil }
        let (seconds, isTooLong) = number.multipliedReportingOverflow(by: unit?.seconds ?? 1)
        return isTooLong ? nil : seconds
    }

    /// In the largest unit of which it is a multiple.
    private static func written(_ time: Duration) -> String {
        let seconds = Int(time.components.seconds)
        let unit = units.first { seconds > 0 && seconds.isMultiple(of: $0.seconds) } ?? ("s", 1)
        return "\(seconds / unit.seconds)\(unit.name)"
    }
}
