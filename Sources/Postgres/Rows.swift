internal import CLibpq

/// The rows of one result, in binary. The memory belongs to libpq and is freed with the last reference.
///
/// `@unchecked Sendable`: libpq does not change a PGresult after it has handed it over, and reading one is safe from
/// any thread (documentation of libpq, "Behavior in Threaded Programs").
package final class Rows: @unchecked Sendable {
    private let result: OpaquePointer

    /// Takes ownership of the result.
    init(_ result: OpaquePointer) { self.result = result }

    deinit { PQclear(result) }

    package var count: Int { Int(PQntuples(result)) }

    /// Rows that an INSERT, UPDATE or DELETE without RETURNING touched.
    package var affected: Int { PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0 }

    /// What the server says it did: `COMMIT`, `INSERT 0 1`.
    var command: String { PQcmdStatus(result).map { String(cString: $0) } ?? "" }

    package var columnNames: [String] {
        (0..<PQnfields(result)).map { PQfname(result, $0).map { String(cString: $0) } ?? "" }
    }

    package subscript(row: Int) -> Row {
        precondition(row >= 0 && row < count, "row \(row) of \(count)")
        return Row(rows: self, index: Int32(row))
    }

    package var first: Row? { count > 0 ? self[0] : nil }

    /// The bytes of a cell, valid while the body runs; nil is NULL.
    func withCell<T>(_ row: Int32, _ column: Int32, _ body: (UnsafeRawBufferPointer?) throws -> T) rethrows -> T {
        guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else {
            return try body(nil)
        }
        let length = Int(PQgetlength(result, row, column))
        return try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(start: start, count: length)) }
    }

    func type(of column: Int32) -> UInt32 { PQftype(result, column) }
    var columnCount: Int32 { PQnfields(result) }
}

extension Rows: Sequence {
    package func makeIterator() -> some IteratorProtocol<Row> {
        (0..<count).lazy.map { self[$0] }.makeIterator()
    }
}

package struct Row: Sendable {
    let rows: Rows
    let index: Int32

    /// Throws `.mismatch` where the column is missing, has another type, or is NULL for a type that is not optional.
    package func decode<Value: PostgresDecodable>(_ column: Int, as type: Value.Type = Value.self) throws -> Value {
        let column = Int32(column)
        guard column >= 0, column < rows.columnCount else {
            throw PostgresError(.mismatch, "the result has \(rows.columnCount) columns, column \(column) was asked for")
        }
        guard rows.type(of: column) == Value.postgresType.rawValue else {
            throw PostgresError(
                .mismatch, "column \(column) has type \(rows.type(of: column)), not \(Value.postgresType.name)")
        }
        return try rows.withCell(index, column) { cell in
            guard let value = try Value(cell: cell) else {
                throw PostgresError(.mismatch, "column \(column) is not a well-formed \(Value.postgresType.name)")
            }
            return value
        }
    }
}
