package import FoundationEssentials

/// A value that can be read from a cell in binary form.
package protocol PostgresDecodable: PostgresValue {
    /// `cell` is nil for NULL. Returns nil where the bytes are not a value of this type.
    init?(cell: UnsafeRawBufferPointer?) throws
}

extension UnsafeRawBufferPointer {
    func bigEndian<T: FixedWidthInteger>(_ type: T.Type = T.self, at offset: Int = 0) -> T? {
        guard offset + MemoryLayout<T>.size <= count else { return nil }
        return T(bigEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    func exactly<T: FixedWidthInteger>(_ type: T.Type = T.self) -> T? {
        count == MemoryLayout<T>.size ? bigEndian() : nil
    }
}

extension Int16: PostgresDecodable {
    package init?(cell: UnsafeRawBufferPointer?) {
        guard let value = cell?.exactly(Int16.self) else { return nil }
        self = value
    }
}

extension Int32: PostgresDecodable {
    package init?(cell: UnsafeRawBufferPointer?) {
        guard let value = cell?.exactly(Int32.self) else { return nil }
        self = value
    }
}

extension Int64: PostgresDecodable {
    package init?(cell: UnsafeRawBufferPointer?) {
        guard let value = cell?.exactly(Int64.self) else { return nil }
        self = value
    }
}

extension Bool: PostgresDecodable {
    package init?(cell: UnsafeRawBufferPointer?) {
        guard let value = cell?.exactly(UInt8.self) else { return nil }
        self = value != 0
    }
}

extension Double: PostgresDecodable {
    package init?(cell: UnsafeRawBufferPointer?) {
        guard let bits = cell?.exactly(UInt64.self) else { return nil }
        self.init(bitPattern: bits)
    }
}

extension String: PostgresDecodable {
    package init?(cell: UnsafeRawBufferPointer?) {
        guard let cell else { return nil }
        self.init(decoding: cell, as: UTF8.self)
    }
}

extension Bytea: PostgresDecodable {
    package init?(cell: UnsafeRawBufferPointer?) {
        guard let cell else { return nil }
        bytes = Array(cell)
    }
}

extension JSONB: PostgresDecodable {
    package init?(cell: UnsafeRawBufferPointer?) {
        guard let cell, cell.first == 1 else { return nil }
        text = String(decoding: cell.dropFirst(), as: UTF8.self)
    }
}

extension UUID: PostgresDecodable {
    package init?(cell: UnsafeRawBufferPointer?) {
        guard let cell, cell.count == 16 else { return nil }
        self.init(uuid: cell.loadUnaligned(as: uuid_t.self))
    }
}

extension Timestamp: PostgresDecodable {
    package init?(cell: UnsafeRawBufferPointer?) {
        guard let value = cell?.exactly(Int64.self) else { return nil }
        // The server's infinities are the extremes of its scale; they stay extremes of ours.
        let (shifted, overflow) = value.addingReportingOverflow(Timestamp.postgresEpoch)
        microseconds = value == .min ? .min : overflow ? .max : shifted
    }
}

extension Duration: PostgresDecodable {
    /// A day counts as 24 hours; an interval with months has no duration and is refused.
    package init?(cell: UnsafeRawBufferPointer?) {
        guard let cell, cell.count == 16, let microseconds = cell.bigEndian(Int64.self),
            let days = cell.bigEndian(Int32.self, at: 8), cell.bigEndian(Int32.self, at: 12) == 0
        else { return nil }
        self = .microseconds(microseconds) + .seconds(Int64(days) * 86_400)
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    package init?(cell: UnsafeRawBufferPointer?) throws {
        guard let cell else {
            self = .none
            return
        }
        guard let value = try Wrapped(cell: cell) else { return nil }
        self = .some(value)
    }
}

extension Array: PostgresDecodable where Element: PostgresDecodable {
    package init?(cell: UnsafeRawBufferPointer?) throws {
        guard let cell, let dimensions = cell.bigEndian(Int32.self) else { return nil }
        self = []
        guard dimensions > 0 else { return }
        guard dimensions == 1, let count = cell.bigEndian(Int32.self, at: 12), count >= 0 else { return nil }
        var offset = 20
        for _ in 0..<count {
            guard let length = cell.bigEndian(Int32.self, at: offset) else { return nil }
            offset += 4
            guard length >= 0 else {
                guard let null = try Element(cell: nil) else { return nil }
                append(null)
                continue
            }
            guard offset + Int(length) <= cell.count else { return nil }
            let element = UnsafeRawBufferPointer(rebasing: cell[offset..<offset + Int(length)])
            guard let value = try Element(cell: element) else { return nil }
            append(value)
            offset += Int(length)
        }
    }
}
