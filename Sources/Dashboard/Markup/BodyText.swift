/// A body for reading: as text where it is text, else as bytes.
enum BodyText {
    /// Bytes of a body that a page shows; beyond them it is for downloading: a page should stay one that a browser opens
    /// at once.
    static let limit = 64 << 10
    private static let width = 16

    static func markup(_ bytes: [UInt8]) -> HTML {
        if bytes.isEmpty { return "<p class=\"empty\">The body is empty.</p>" }
        if let text = text(bytes) { return "<pre class=\"body\" tabindex=\"0\">\(text)</pre>" }
        return "<pre class=\"body\" tabindex=\"0\">\(hex(bytes))</pre>"
    }

    /// nil for what is not UTF-8, or holds control characters.
    static func text(_ bytes: [UInt8]) -> String? {
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || [0x09, 0x0a, 0x0d].contains($0) }) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Lines of offset, bytes, and those of them that are ASCII.
    static func hex(_ bytes: [UInt8]) -> String {
        stride(from: 0, to: bytes.count, by: width).map { start in
            let line = bytes[start..<min(start + width, bytes.count)]
            let codes = line.map { digits(Int($0), 2) }.joined(separator: " ")
            let ascii = String(decoding: line.map { 0x20...0x7e ~= $0 ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
            return digits(start, 8) + "  " + codes + String(repeating: " ", count: width * 3 - codes.utf8.count) + ascii
        }.joined(separator: "\n")
    }

    private static func digits(_ number: Int, _ width: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}
