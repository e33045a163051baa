/// Numbers in texts as JavaScript reads them.
enum NumberText {
    /// `Number(text)`: the whole text, without space around it; nothing is 0.
    static func number(_ text: String) -> Double {
        let bytes = trimmed(text)
        guard let first = bytes.first else { return 0 }
        if first == UInt8(ascii: "0"), let radix = radix(bytes) {
            return integer(bytes.dropFirst(2), radix: radix)
        }
        let length = decimalLength(bytes)
        return length == bytes.count ? decimal(bytes) : .nan
    }

    /// `parseFloat(text)`: as much of the text's beginning as is a decimal number.
    static func leadingNumber(_ text: String) -> Double {
        let bytes = trimmed(text)
        let length = decimalLength(bytes)
        return length == 0 ? .nan : decimal(bytes.prefix(length))
    }

    /// ECMAScript's WhiteSpace and LineTerminator.
    private static func trimmed(_ text: String) -> ArraySlice<UInt8> {
        func isSpace(_ scalar: Unicode.Scalar) -> Bool {
            scalar.properties.generalCategory == .spaceSeparator || 0x9...0xd ~= scalar.value
                || [0x2028, 0x2029, 0xfeff].contains(scalar.value)
        }
        var scalars = text.unicodeScalars[...]
        while let first = scalars.first, isSpace(first) { scalars.removeFirst() }
        while let last = scalars.last, isSpace(last) { scalars.removeLast() }
        return Array(String(scalars).utf8)[...]
    }

    private static func radix(_ bytes: ArraySlice<UInt8>) -> Int? {
        switch bytes.dropFirst().first.map({ $0 | 0x20 }) {
        case UInt8(ascii: "x"): 16
        case UInt8(ascii: "o"): 8
        case UInt8(ascii: "b"): 2
        default: nil
        }
    }

    private static func integer(_ digits: ArraySlice<UInt8>, radix: Int) -> Double {
        guard !digits.isEmpty else { return .nan }
        var value = 0.0
        for digit in digits {
            guard let digit = Character(Unicode.Scalar(digit)).hexDigitValue, digit < radix else { return .nan }
            value = value * Double(radix) + Double(digit)
        }
        return value
    }

    private static func decimal(_ bytes: ArraySlice<UInt8>) -> Double {
        let text = String(decoding: bytes, as: UTF8.self)
        if text.hasSuffix("Infinity") { return text.hasPrefix("-") ? -.infinity : .infinity }
        return Double(text.hasSuffix(".") ? text + "0" : text) ?? .nan
    }

    /// How many bytes are a StrDecimalLiteral.
    private static func decimalLength(_ bytes: ArraySlice<UInt8>) -> Int {
        var rest = bytes
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest.removeFirst() }
        if rest.starts(with: "Infinity".utf8) { return bytes.count - rest.count + 8 }
        var digits = skipDigits(&rest)
        if rest.first == UInt8(ascii: ".") {
            let point = rest
            rest.removeFirst()
            let fraction = skipDigits(&rest)
            if digits + fraction == 0 { rest = point }
            digits += fraction
        }
        guard digits > 0 else { return 0 }
        var exponent = rest
        if let mark = exponent.popFirst(), mark | 0x20 == UInt8(ascii: "e") {
            if let sign = exponent.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
                exponent.removeFirst()
            }
            if skipDigits(&exponent) > 0 { rest = exponent }
        }
        return bytes.count - rest.count
    }

    private static func skipDigits(_ bytes: inout ArraySlice<UInt8>) -> Int {
        let digits = bytes.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }.count
        bytes.removeFirst(digits)
        return digits
    }
}
