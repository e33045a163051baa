import HTTPTypes
import Model

/// Binary mode of the HTTP binding: attributes in headers that begin with `ce-`, the data as the body.
extension CloudEvent {
    private static let prefix = "ce-"

    static func isBinary(_ fields: HTTPFields) -> Bool { fields.contains(.specversion) }

    /// Throws a `Problem`.
    init(_ fields: HTTPFields, body: [UInt8]) throws {
        var (attributes, headers): ([String: String], HeaderLines) = ([:], HeaderLines())
        for field in fields where field.name.canonicalName.hasPrefix(Self.prefix) {
            let name = String(field.name.canonicalName.dropFirst(Self.prefix.count))
            try Self.checkName(name)
            guard name != "datacontenttype", name != "data" else {
                throw Self.refusal("In binary mode ce-\(name) is no header: the content type and the body say it.")
            }
            guard let value = Self.decode(field.value) else {
                throw Self.refusal("The header ce-\(name) is not percent-encoded UTF-8.")
            }
            try Self.checkValue(value, of: name)
            guard attributes.updateValue(value, forKey: name) == nil else {
                throw Self.refusal("The header ce-\(name) comes twice.")
            }
            headers.append(field.name.rawName, field.value)
        }
        let types = fields[values: .contentType]
        guard types.count <= 1 else { throw Self.refusal("Content-Type comes twice.") }
        if let type = types.first {
            guard !type.isLossy else { throw Self.refusal("Content-Type is not UTF-8.") }
            attributes["datacontenttype"] = type
            headers.append("Content-Type", type)
        }
        try self.init(attributes, headers: headers, body: body)
    }

    /// Out of double quotes, as senders of older versions have them, and one round of percent-decoding. nil where what
    /// comes out is not UTF-8, or a percent sign is none of an escape.
    static func decode(_ value: String) -> String? {
        guard !value.isLossy else { return nil }
        var decoded: [UInt8] = []
        var rest = unquoted(Array(value.utf8))[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                return nil
            }
            decoded.append(high << 4 | low)
        }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func unquoted(_ value: [UInt8]) -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        guard value.count >= 2, value.first == quote, value.last == quote else { return value }
        var (inside, isEscaped): ([UInt8], Bool) = ([], false)
        for byte in value.dropFirst().dropLast() {
            if !isEscaped, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else {
                inside.append(byte)
                isEscaped = false
            }
        }
        return inside
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x61...0x66: byte - 0x57
        case 0x41...0x46: byte - 0x37
        default: nil
        }
    }
}

extension HTTPField.Name {
    static let specversion = known("ce-specversion")
}
