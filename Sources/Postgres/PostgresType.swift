/// The types that cross the wire, by the OIDs of PostgreSQL's `pg_type.dat`. Arrays have one dimension.
package enum PostgresType: UInt32, Sendable, CaseIterable {
    case bool = 16
    case bytea = 17
    case int8 = 20
    case int2 = 21
    case int4 = 23
    case text = 25
    case float8 = 701
    case timestamptz = 1184
    case interval = 1186
    case uuid = 2950
    case jsonb = 3802

    case boolArray = 1000
    case byteaArray = 1001
    case int2Array = 1005
    case int4Array = 1007
    case textArray = 1009
    case int8Array = 1016
    case float8Array = 1022
    case timestamptzArray = 1185
    case intervalArray = 1187
    case uuidArray = 2951
    case jsonbArray = 3807

    /// The array of this type; an array is its own, for PostgreSQL has no arrays of arrays.
    package var array: PostgresType {
        switch self {
        case .bool: .boolArray
        case .bytea: .byteaArray
        case .int8: .int8Array
        case .int2: .int2Array
        case .int4: .int4Array
        case .text: .textArray
        case .float8: .float8Array
        case .timestamptz: .timestamptzArray
        case .interval: .intervalArray
        case .uuid: .uuidArray
        case .jsonb: .jsonbArray
        default: self
        }
    }

    /// The name that SQL files use: `int8`, `text[]`.
    package var name: String {
        PostgresType.allCases.first { $0 != self && $0.array == self }.map { "\($0)[]" } ?? "\(self)"
    }

    package init?(name: some StringProtocol) {
        guard let type = PostgresType.allCases.first(where: { $0.name == name }) else { return nil }
        self = type
    }
}

/// A Swift type that stands for one of PostgreSQL's.
package protocol PostgresValue: Sendable {
    static var postgresType: PostgresType { get }
}

extension Optional: PostgresValue where Wrapped: PostgresValue {
    package static var postgresType: PostgresType { Wrapped.postgresType }
}

extension Array: PostgresValue where Element: PostgresValue {
    package static var postgresType: PostgresType { Element.postgresType.array }
}
