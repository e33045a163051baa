/// A number with the text that it was written as, so that `1`, `1.0` and integers beyond 2^53 stay what they are.
package struct JSONNumber: Sendable {
    /// Infinite where the text is beyond a double's range.
    package let value: Double
    /// Empty where the number was computed.
    private let written: String

    /// - Parameter lexeme: a number by JSON's grammar.
    package init(lexeme: String) {
        written = lexeme
        value = Double(lexeme) ?? .nan
    }

    package init(_ value: Double) {
        self.value = value
        written = ""
    }

    package init(_ value: some BinaryInteger) {
        self.value = Double(value)
        written = value.magnitude < 1 << 53 ? "" : "\(value)"
    }

    /// As it was written, or as JavaScript writes it.
    package var text: String { written.isEmpty ? Self.text(value) : written }

    /// JSON has no text for what was computed and is not finite.
    package var json: String { written.isEmpty && !value.isFinite ? "null" : text }

    /// Whether it was written without fraction and exponent, or computed and whole.
    package var isWrittenAsInteger: Bool {
        written.isEmpty ? value == value.rounded() : !written.utf8.contains { ".eE".utf8.contains($0) }
    }
}

/// By value, whatever the text.
extension JSONNumber: Hashable {
    package static func == (a: JSONNumber, b: JSONNumber) -> Bool { a.value == b.value }
    package func hash(into hasher: inout Hasher) { hasher.combine(value) }
}
