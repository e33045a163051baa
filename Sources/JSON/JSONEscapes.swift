/// The escapes in JSON's strings.
enum JSONEscapes {
    /// Length of the escape that the bytes begin with; nil where there is no such.
    static func length(_ bytes: ArraySlice<UInt8>) -> Int? {
        switch bytes.dropFirst().first {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            2
        case UInt8(ascii: "u"): unit(bytes) == nil ? nil : 6
        default: nil
        }
    }

    /// The inside of a string whose escapes are all known ones; nil where half of a surrogate pair stands alone.
    static func decode(_ bytes: ArraySlice<UInt8>) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var rest = bytes
        while let byte = rest.first {
            guard byte == UInt8(ascii: "\\") else {
                decoded.append(byte)
                rest.removeFirst()
                continue
            }
            guard let (scalar, length) = scalar(rest) else { return nil }
            decoded.append(contentsOf: String(Character(scalar)).utf8)
            rest.removeFirst(length)
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func scalar(_ bytes: ArraySlice<UInt8>) -> (Unicode.Scalar, length: Int)? {
        switch bytes.dropFirst().first {
        case UInt8(ascii: "b"): return ("\u{8}", 2)
        case UInt8(ascii: "f"): return ("\u{c}", 2)
        case UInt8(ascii: "n"): return ("\n", 2)
        case UInt8(ascii: "r"): return ("\r", 2)
        case UInt8(ascii: "t"): return ("\t", 2)
        case UInt8(ascii: "u"):
            guard let first = unit(bytes) else { return nil }
            if let scalar = Unicode.Scalar(first) { return (scalar, 6) }
            guard UTF16.isLeadSurrogate(first), let second = unit(bytes.dropFirst(6)), UTF16.isTrailSurrogate(second)
            else { return nil }
            return (UTF16.decode(UTF16.EncodedScalar([first, second])), 12)
        case let byte?: return (Unicode.Scalar(byte), 2)
        case nil: return nil
        }
    }

    /// The code unit of a `\uXXXX` that the bytes begin with.
    private static func unit(_ bytes: ArraySlice<UInt8>) -> UInt16? {
        let start = bytes.startIndex
        guard bytes.count >= 6, bytes[start] == UInt8(ascii: "\\"), bytes[start + 1] == UInt8(ascii: "u") else {
            return nil
        }
        var unit: UInt16 = 0
        for byte in bytes[(start + 2)..<(start + 6)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}
