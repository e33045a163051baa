/// Markup. Only literals of the source are taken as they stand; whatever is put into one is escaped, unless it is markup
/// itself. So text that somebody sent can't become markup by being forgotten.
struct HTML: Sendable, Equatable {
    private(set) var text: String

    private init(trusted text: String) { self.text = text }

    /// Text as it is read.
    init(_ text: some StringProtocol) { self.text = Self.escaped(text) }

    static let empty = HTML(trusted: "")

    static func + (a: HTML, b: HTML) -> HTML { HTML(trusted: a.text + b.text) }
    static func += (a: inout HTML, b: HTML) { a.text += b.text }

    /// Fit for text and for quoted attributes. What no document may contain becomes a replacement character.
    private static func escaped(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): bytes += "&amp;".utf8
            case UInt8(ascii: "<"): bytes += "&lt;".utf8
            case UInt8(ascii: ">"): bytes += "&gt;".utf8
            case UInt8(ascii: "\""): bytes += "&quot;".utf8
            case UInt8(ascii: "'"): bytes += "&#39;".utf8
            case 0x09, 0x0a, 0x0d: bytes.append(byte)
            case 0x00...0x1f, 0x7f: bytes += "\u{fffd}".utf8
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension HTML: ExpressibleByStringInterpolation {
    init(stringLiteral text: StaticString) { self.init(trusted: text.description) }
    init(stringInterpolation parts: Interpolation) { self.init(trusted: parts.text) }

    struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity * 2) }

        mutating func appendLiteral(_ literal: StaticString) { text += literal.description }
        mutating func appendInterpolation(_ value: some StringProtocol) { text += HTML.escaped(value) }
        mutating func appendInterpolation(_ value: some BinaryInteger) { text += String(value) }
        mutating func appendInterpolation(_ value: HTML) { text += value.text }
        mutating func appendInterpolation(_ value: HTML?) { text += value?.text ?? "" }
        mutating func appendInterpolation(_ values: [HTML]) { for value in values { text += value.text } }
    }
}

extension Sequence {
    /// The markup of each element, one after the other.
    func html(_ markup: (Element) throws -> HTML) rethrows -> HTML {
        try reduce(into: HTML.empty) { $0 += try markup($1) }
    }
}
