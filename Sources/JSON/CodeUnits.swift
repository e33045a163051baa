/// Strings as JSON, JavaScript and hashes have them: sequences of code units. `==` and `<` of `String` take canonically
/// equivalent texts for the same.
package enum CodeUnits {
    package static func same(_ a: String, _ b: String) -> Bool {
        guard a.utf8.count == b.utf8.count else { return false }
        return withBytes(a, b) { $0.elementsEqual($1) }
    }

    /// Order by UTF-8, which is the order of scalars.
    package static func precedes(_ a: String, _ b: String) -> Bool {
        withBytes(a, b) { $0.lexicographicallyPrecedes($1) }
    }

    /// Order by UTF-16 units, which is that of JavaScript: what lies beyond the basic plane comes before U+E000.
    package static func precedesInUTF16(_ a: String, _ b: String) -> Bool {
        withBytes(a, b) { first, second in
            first.lexicographicallyPrecedes(second) { rank($0) < rank($1) }
        }
    }

    /// Whether the text has the part's units in a row somewhere. Knuth, Morris and Pratt: no pair of texts takes longer
    /// than both are long.
    package static func contains(_ text: String, _ part: String) -> Bool {
        withBytes(text, part) { text, part in
            guard !part.isEmpty else { return true }
            guard part.count <= text.count else { return false }
            /// For each length of a match, how much of it is also a beginning of the part.
            var borders = [0]
            func extend(_ matched: Int, by byte: UInt8) -> Int {
                var matched = matched
                while matched > 0, part[matched] != byte { matched = borders[matched - 1] }
                return part[matched] == byte ? matched + 1 : 0
            }
            for byte in part.dropFirst() { borders.append(extend(borders[borders.count - 1], by: byte)) }
            var matched = 0
            for byte in text {
                matched = extend(matched, by: byte)
                if matched == part.count { return true }
            }
            return false
        }
    }

    /// Lead bytes of U+E000 to U+FFFF (0xee, 0xef) rank above those of surrogate pairs (0xf0 and up).
    private static func rank(_ byte: UInt8) -> UInt8 { byte == 0xee || byte == 0xef ? byte + 0x10 : byte }

    private static func withBytes<T>(
        _ a: String, _ b: String, _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> T
    ) -> T {
        var (a, b) = (a, b)
        return a.withUTF8 { first in b.withUTF8 { second in body(first, second) } }
    }
}
