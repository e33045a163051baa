import FoundationEssentials
import JSON
import Model

/// The JSON event format, in structured mode and in batches.
extension CloudEvent {
    static let mediaType = "application/cloudevents+json"

    /// Of one event's text, which becomes the body as it stands. Throws a `JSONError` or a `Problem`.
    ///
    /// - Parameter contentType: with which it is delivered.
    init(_ bytes: [UInt8], _ range: Range<Int>, contentType: String) throws {
        var scanner = try JSONScanner(bytes, range)
        guard scanner.next() == UInt8(ascii: "{") else { throw Self.refusal("An event is a JSON object.") }
        var (attributes, seen): ([String: String], Set<String>) = ([:], [])
        try scanner.object { scanner, name in
            guard seen.insert(name).inserted else { throw Self.refusal("\"\(name.prefix(80))\" is given twice.") }
            switch name {
            case "data": _ = try scanner.skip()
            case "data_base64": try Self.checkBase64(&scanner)
            default:
                try Self.checkName(name)
                attributes[name] = try Self.value(name, &scanner)
            }
        }
        try scanner.requireEnd()
        guard !seen.isSuperset(of: ["data", "data_base64"]) else {
            throw Self.refusal("data and data_base64 can't both be given.")
        }
        var headers = HeaderLines()
        headers.append("Content-Type", contentType)
        try self.init(attributes, headers: headers, body: scanner.copy(range))
    }

    private static func checkBase64(_ scanner: inout JSONScanner) throws {
        guard scanner.next() == UInt8(ascii: "\"") else { throw refusal("data_base64 must be a string.") }
        guard Data(base64Encoded: try scanner.string()) != nil else { throw refusal("data_base64 is not base64.") }
    }

    /// Those of the specification; others may be numbers and booleans.
    private static let texts: Set = [
        "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema",
    ]

    /// In its canonical text; nil for a null, which is no attribute.
    private static func value(_ name: String, _ scanner: inout JSONScanner) throws -> String? {
        let first = scanner.next()
        guard first == UInt8(ascii: "\"") || first == UInt8(ascii: "n") || !texts.contains(name) else {
            throw refusal("The attribute \(name) must be a string.")
        }
        switch first {
        case UInt8(ascii: "\""):
            let text = try scanner.string()
            try checkValue(text, of: name)
            return text
        case UInt8(ascii: "n"):
            _ = try scanner.skip()
            return nil
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return try scanner.literal()
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            throw refusal("The attribute \(name) must be a string, a whole number of 32 bits, or true or false.")
        default:
            let text = try scanner.literal()
            guard Int32(text) != nil else { throw refusal("The attribute \(name) is not a whole number of 32 bits.") }
            return text
        }
    }
}
