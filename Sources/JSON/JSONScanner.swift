/// Reads JSON text (RFC 8259, strictly) in one pass and without a tree: values that nobody asks for are stepped over,
/// and can be taken as they stand. Offsets of errors count from the start of the range.
package struct JSONScanner {
    /// Arrays and objects within each other. Texts of people and programs stay below 20; recursion must end somewhere.
    package static let maximumDepth = 64

    private let bytes: [UInt8]
    private let range: Range<Int>
    private var index: Int
    private var depth = 0

    /// Throws where the range is not UTF-8.
    package init(_ bytes: [UInt8], _ range: Range<Int>) throws {
        self.bytes = bytes
        self.range = range
        index = range.lowerBound
        do {
            _ = try UTF8Span(validating: bytes.span.extracting(range))
        } catch {
            throw JSONError(offset: error.byteOffsets.lowerBound, expected: "the text must be UTF-8")
        }
    }

    package init(_ bytes: [UInt8]) throws { try self.init(bytes, bytes.indices) }

    /// The first byte of what comes next; nil at the end of the text.
    package mutating func next() -> UInt8? {
        while index < range.upperBound {
            switch bytes[index] {
            case 0x20, 0x0a, 0x0d, 0x09: index += 1
            case let byte: return byte
            }
        }
        return nil
    }

    package mutating func requireEnd() throws {
        guard next() == nil else { throw error("nothing more may follow the value") }
    }

    package mutating func object(_ member: (inout JSONScanner, _ name: String) throws -> Void) throws {
        try list("{", "}") { scanner in
            let name = try scanner.string()
            try scanner.require(":", "a colon must follow a name")
            try member(&scanner, name)
        }
    }

    package mutating func array(_ element: (inout JSONScanner) throws -> Void) throws { try list("[", "]", element) }

    package mutating func string() throws -> String {
        let start = try skipString()
        let text = bytes[start..<(index - 1)]
        guard text.contains(UInt8(ascii: "\\")) else { return String(decoding: text, as: UTF8.self) }
        guard let decoded = JSONEscapes.decode(text) else { throw error("half of a surrogate pair stands alone") }
        return decoded
    }

    /// Steps over any value; returns where it stands.
    package mutating func skip() throws -> Range<Int> {
        let first = next()
        let start = index
        switch first {
        case UInt8(ascii: "\""): _ = try skipString()
        case UInt8(ascii: "{"):
            try list("{", "}") { scanner in
                _ = try scanner.skipString()
                try scanner.require(":", "a colon must follow a name")
                _ = try scanner.skip()
            }
        case UInt8(ascii: "["): try list("[", "]") { _ = try $0.skip() }
        case UInt8(ascii: "t"): try skip("true")
        case UInt8(ascii: "f"): try skip("false")
        case UInt8(ascii: "n"): try skip("null")
        default: try skipNumber()
        }
        return start..<index
    }

    package func copy(_ value: Range<Int>) -> [UInt8] { Array(bytes[value]) }

    func error(_ expected: String) -> JSONError {
        JSONError(offset: index - range.lowerBound, expected: expected)
    }

    private mutating func require(_ character: Unicode.Scalar, _ expected: String) throws {
        guard next() == UInt8(ascii: character) else { throw error(expected) }
        index += 1
    }

    private mutating func list(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ element: (inout JSONScanner) throws -> Void
    ) throws {
        try require(open, "\(open) must stand here")
        depth += 1
        guard depth <= Self.maximumDepth else { throw error("more than \(Self.maximumDepth) levels") }
        if next() == UInt8(ascii: close) {
            index += 1
        } else {
            while true {
                try element(&self)
                let separator = next()
                guard separator == UInt8(ascii: ",") || separator == UInt8(ascii: close) else {
                    throw error("a comma or \(close) must stand here")
                }
                index += 1
                if separator == UInt8(ascii: close) { break }
            }
        }
        depth -= 1
    }
}

extension JSONScanner {
    /// Returns the index after the opening quote; `index` is then after the closing one.
    private mutating func skipString() throws -> Int {
        try require("\"", "a string must stand here")
        let start = index
        while index < range.upperBound {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                return start
            case UInt8(ascii: "\\"):
                guard let length = JSONEscapes.length(bytes[index..<range.upperBound]) else {
                    throw error("no such escape")
                }
                index += length
            case ..<0x20: throw error("control characters must be escaped")
            default: index += 1
            }
        }
        throw error("the string does not end")
    }

    private mutating func skip(_ word: StaticString) throws {
        for position in 0..<word.utf8CodeUnitCount {
            guard index < range.upperBound, bytes[index] == word.utf8Start[position] else {
                throw error("a value must stand here")
            }
            index += 1
        }
    }

    private mutating func skipNumber() throws {
        if peek("-") { index += 1 }
        if peek("0") { index += 1 } else { try skipDigits("a value must stand here") }
        if peek(".") {
            index += 1
            try skipDigits("digits must follow the point")
        }
        if peek("e") || peek("E") {
            index += 1
            if peek("+") || peek("-") { index += 1 }
            try skipDigits("digits must follow the exponent")
        }
    }

    private func peek(_ character: Unicode.Scalar) -> Bool {
        index < range.upperBound && bytes[index] == UInt8(ascii: character)
    }

    private mutating func skipDigits(_ expected: String) throws {
        let start = index
        while index < range.upperBound, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) { index += 1 }
        if index == start { throw error(expected) }
    }
}
