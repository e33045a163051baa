import JSON
import Postgres

/// Values of members, with errors for the person who wrote them: all throw a `Problem` for a value of the wrong kind, and a
/// `JSONError` where the text is not JSON.
extension JSONScanner {
    /// Reads an object. `member` reads the value of a member, or returns false for a name that it does not know.
    mutating func members(_ member: (inout JSONScanner, String) throws -> Bool) throws {
        guard next() == UInt8(ascii: "{") else { throw Problem(.invalidRequest, "The body must be a JSON object.") }
        var seen: Set<String> = []
        try object { scanner, name in
            guard seen.insert(name).inserted else {
                throw Problem(.invalidRequest, "\"\(name.prefix(80))\" is given twice.")
            }
            guard try member(&scanner, name) else {
                throw Problem(.invalidRequest, "There is no field \"\(name.prefix(80))\".")
            }
        }
    }

    mutating func text(_ name: String) throws -> String {
        guard next() == UInt8(ascii: "\"") else { throw Problem(.invalidRequest, "\(name) must be a string.") }
        return try string()
    }

    /// One of the words of an enumeration.
    mutating func word<Word: RawRepresentable<String> & CaseIterable>(_ name: String) throws -> Word {
        guard let word = Word(rawValue: try text(name)) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(.invalidRequest, "\(name) must be one of \(words).")
        }
        return word
    }

    mutating func time(_ name: String) throws -> Timestamp {
        guard let time = Timestamp(rfc3339: try text(name)) else {
            throw Problem(.invalidRequest, "\(name) is not a time of RFC 3339.")
        }
        return time
    }

    /// `5.0` and `5e0` are whole numbers too, as JSON Schema has it.
    mutating func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int {
        let text = try literal()
        guard let number = Int(text) ?? Double(text).flatMap(Int.init(exactly:)), range.contains(number) else {
            throw Problem(
                .invalidRequest, "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    mutating func bool(_ name: String) throws -> Bool {
        guard let bool = Bool(try literal()) else { throw Problem(.invalidRequest, "\(name) must be true or false.") }
        return bool
    }

    /// What `value` reads, or nil for a null.
    mutating func optional<T>(_ value: (inout JSONScanner) throws -> T) throws -> T? {
        guard next() == UInt8(ascii: "n") else { return try value(&self) }
        _ = try skip()
        return nil
    }

    /// Any value as it stands.
    mutating func literal() throws -> String { String(decoding: copy(try skip()), as: UTF8.self) }
}
