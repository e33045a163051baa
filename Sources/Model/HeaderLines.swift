/// Header fields in the form in which they are stored: one `name: value` a line, in order, names as they came.
package struct HeaderLines: Sendable, Hashable {
    package private(set) var text: String

    package init(text: String = "") { self.text = text }

    /// The value must have neither line breaks nor NUL, which no HTTP parser lets through.
    package mutating func append(_ name: some StringProtocol, _ value: some StringProtocol) {
        text += "\(name): \(value)\n"
    }

    /// The value of the first field of this name.
    ///
    /// - Parameter name: in lower case.
    package func first(_ name: String) -> Substring? {
        fields.first { $0.name.utf8.count == name.utf8.count && $0.name.lowercased() == name }?.value
    }

    /// In order; lines without a colon are passed over.
    package var fields: [(name: Substring, value: Substring)] {
        text.utf8.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            return (Substring(line[..<colon]), Substring(line[colon...].dropFirst(2)))
        }
    }
}
