/// Header fields in the form in which they are stored: one `name: value` a line, in order, names as they came.
package struct HeaderLines: Sendable, Hashable {
    package private(set) var text: String

    package init(text: String = "") { self.text = text }

    /// The value must have neither line breaks nor NUL, which no HTTP parser lets through.
    package mutating func append(_ name: some StringProtocol, _ value: some StringProtocol) {
        text += "\(name): \(value)\n"
    }

    /// Calls the body with each field; lines without a colon are passed over.
    package func forEach(_ body: (_ name: Substring, _ value: Substring) -> Void) {
        let bytes = text.utf8
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
            if let colon = bytes[start..<end].firstIndex(of: UInt8(ascii: ":")) {
                let value = bytes.index(colon, offsetBy: 2, limitedBy: end) ?? end
                body(text[start..<colon], text[value..<end])
            }
            start = end < bytes.endIndex ? bytes.index(after: end) : end
        }
    }
}
