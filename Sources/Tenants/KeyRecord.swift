package import Model
package import Postgres

/// A key as its tenant sees it; the key itself is not stored.
package struct KeyRecord: Sendable {
    package let id: KeyID
    package let label: String
    package let scopes: [String]
    package let createdAt: Timestamp
    package let expiresAt: Timestamp?
    package let revokedAt: Timestamp?
    /// To about a minute.
    package let lastUsedAt: Timestamp?
    /// Whose flags it evaluates.
    package let environment: String

    /// Of a row of `keys.list` or `keys.find`.
    init(_ row: Row) throws {
        id = KeyID(try row.decode(0))
        label = try row.decode(1)
        scopes = try row.decode(2)
        createdAt = try row.decode(3)
        expiresAt = try row.decode(4)
        revokedAt = try row.decode(5)
        lastUsedAt = try row.decode(6)
        environment = try row.decode(7)
    }
}
