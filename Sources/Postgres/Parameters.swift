package import FoundationEssentials

/// The parameters of one statement, encoded once, in binary, into one buffer, on the caller's thread.
package struct Parameters: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Where each parameter starts in `bytes`, and its length; -1 is NULL.
    private(set) var spans: [(offset: Int, length: Int32)] = []
    private(set) var types: [PostgresType] = []

    package init<each Value: PostgresEncodable>(_ values: repeat each Value) {
        for value in repeat each values { append(value) }
    }

    package mutating func append<Value: PostgresEncodable>(_ value: Value) {
        let start = bytes.count
        let isNull = !value.encode(into: &bytes)
        spans.append((start, isNull ? -1 : Int32(bytes.count - start)))
        types.append(Value.postgresType)
    }
}

/// A value that can be sent. `encode` appends the binary form and returns false, having appended nothing, for NULL.
package protocol PostgresEncodable: PostgresValue {
    func encode(into bytes: inout [UInt8]) -> Bool
}

extension [UInt8] {
    mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

extension Int16: PostgresEncodable {
    package static var postgresType: PostgresType { .int2 }
    package func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.append(bigEndian: self)
        return true
    }
}

extension Int32: PostgresEncodable {
    package static var postgresType: PostgresType { .int4 }
    package func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.append(bigEndian: self)
        return true
    }
}

extension Int64: PostgresEncodable {
    package static var postgresType: PostgresType { .int8 }
    package func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.append(bigEndian: self)
        return true
    }
}

extension Bool: PostgresEncodable {
    package static var postgresType: PostgresType { .bool }
    package func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.append(self ? 1 : 0)
        return true
    }
}

extension Double: PostgresEncodable {
    package static var postgresType: PostgresType { .float8 }
    package func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.append(bigEndian: bitPattern)
        return true
    }
}

extension String: PostgresEncodable {
    package static var postgresType: PostgresType { .text }
    package func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.append(contentsOf: utf8)
        return true
    }
}

extension Bytea: PostgresEncodable {
    package static var postgresType: PostgresType { .bytea }
    package func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.append(contentsOf: self.bytes)
        return true
    }
}

extension JSONB: PostgresEncodable {
    package static var postgresType: PostgresType { .jsonb }
    /// Version 1 of jsonb's binary form is a byte and the text.
    package func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.append(1)
        bytes.append(contentsOf: text.utf8)
        return true
    }
}

extension UUID: PostgresEncodable {
    package static var postgresType: PostgresType { .uuid }
    package func encode(into bytes: inout [UInt8]) -> Bool {
        Swift.withUnsafeBytes(of: uuid) { bytes.append(contentsOf: $0) }
        return true
    }
}

extension Timestamp: PostgresEncodable {
    package static var postgresType: PostgresType { .timestamptz }
    package func encode(into bytes: inout [UInt8]) -> Bool {
        // The extremes stand for the server's infinities.
        let (shifted, overflow) = microseconds.subtractingReportingOverflow(Timestamp.postgresEpoch)
        bytes.append(bigEndian: microseconds == .max ? .max : overflow ? .min : shifted)
        return true
    }
}

extension Duration: PostgresEncodable {
    package static var postgresType: PostgresType { .interval }
    /// Microseconds, then days and months, which a duration does not have.
    package func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.append(bigEndian: microseconds)
        bytes.append(bigEndian: Int32(0))
        bytes.append(bigEndian: Int32(0))
        return true
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package func encode(into bytes: inout [UInt8]) -> Bool {
        guard let self else { return false }
        return self.encode(into: &bytes)
    }
}

extension Array: PostgresEncodable where Element: PostgresEncodable {
    /// Dimensions, a has-nulls flag, the element's OID, length and lower bound, then each element behind its length.
    package func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.append(bigEndian: Int32(isEmpty ? 0 : 1))
        bytes.append(bigEndian: Int32(0))
        bytes.append(bigEndian: Element.postgresType.rawValue)
        guard !isEmpty else { return true }
        bytes.append(bigEndian: Int32(count))
        bytes.append(bigEndian: Int32(1))
        for element in self {
            let start = bytes.count
            bytes.append(bigEndian: Int32(-1))
            guard element.encode(into: &bytes) else { continue }
            let length = UInt32(bytes.count - start - 4)
            for index in 0..<4 { bytes[start + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index)) }
        }
        return true
    }
}
