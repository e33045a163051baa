import JSON

/// Deterministic CBOR (RFC 8949, 4.2.1): the shortest form of everything, members by the order of their encoded names.
struct CBOREncoder {
    private(set) var bytes: [UInt8] = []

    mutating func encode(_ value: JSONValue) {
        switch value {
        case .null: bytes.append(0xf6)
        case .bool(let bool): bytes.append(bool ? 0xf5 : 0xf4)
        case .number(let number): encode(number)
        case .string(let text):
            head(3, UInt64(text.utf8.count))
            bytes.append(contentsOf: text.utf8)
        case .array(let elements):
            head(4, UInt64(elements.count))
            for element in elements { encode(element) }
        case .object(let members):
            head(5, UInt64(members.count))
            // Their heads hold their lengths, so the shorter name comes first; names of one length have an order already.
            let byLength = members.enumerated().sorted {
                let (a, b) = ($0.element.key.utf8.count, $1.element.key.utf8.count)
                return a == b ? $0.offset < $1.offset : a < b
            }
            for (_, member) in byLength {
                encode(.string(member.key))
                encode(member.value)
            }
        }
    }

    /// A whole number from -2^63 to 2^64 - 1 is an integer, however it was written; others are the shortest float that
    /// holds them.
    private mutating func encode(_ number: JSONNumber) {
        if let integer = number.integer(UInt64.self) {
            head(0, integer)
        } else if let integer = number.integer(Int64.self) {
            head(1, UInt64(bitPattern: ~integer))
        } else {
            encode(number.value)
        }
    }

    private mutating func encode(_ value: Double) {
        let single = Float(value)
        if value.isNaN {
            bytes += [0xf9, 0x7e, 0]
        } else if Double(single) != value {
            append(0xfb, value.bitPattern)
        } else if let half = HalfFloat.bits(single) {
            append(0xf9, half)
        } else {
            append(0xfa, single.bitPattern)
        }
    }

    private mutating func head(_ kind: UInt8, _ argument: UInt64) {
        let kind = kind << 5
        switch argument {
        case ..<24: bytes.append(kind | UInt8(argument))
        case ...0xff: append(kind | 24, UInt8(argument))
        case ...0xffff: append(kind | 25, UInt16(argument))
        case ...0xffff_ffff: append(kind | 26, UInt32(argument))
        default: append(kind | 27, argument)
        }
    }

    private mutating func append<T: FixedWidthInteger>(_ first: UInt8, _ value: T) {
        bytes.append(first)
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}

extension JSONNumber {
    /// From the text where it is one of an integer, since a double has 53 bits only.
    fileprivate func integer<T: FixedWidthInteger>(_ type: T.Type) -> T? {
        isWrittenAsInteger ? T(text) ?? T(exactly: value) : T(exactly: value)
    }
}

/// IEEE 754 binary16, which not all platforms have as a type.
enum HalfFloat {
    /// Nil where the value would lose digits.
    static func bits(_ value: Float) -> UInt16? {
        let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 16) & 0x8000
        if value == 0 { return sign }
        if value.isInfinite { return sign | 0x7c00 }
        let exponent = Int(value.exponent)
        let fraction = value.bitPattern & 0x7f_ffff
        if -14...15 ~= exponent {
            guard fraction & 0x1fff == 0 else { return nil }
            return sign | UInt16(exponent + 15) << 10 | UInt16(fraction >> 13)
        }
        // Below 2^-14 the numbers are multiples of 2^-24.
        guard -24 ..< -14 ~= exponent else { return nil }
        let (multiple, shift) = (fraction | 0x80_0000, UInt32(-1 - exponent))
        guard multiple & (1 << shift - 1) == 0 else { return nil }
        return sign | UInt16(multiple >> shift)
    }
}
