import Crypto

/// One step of the schema. Its name orders it; once applied, its text must not change.
package struct Migration: Sendable {
    package let name: String
    package let sql: String

    package init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }

    package var checksum: String {
        SHA256.hash(data: Array(sql.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// A file whose first line says so runs outside a transaction, for statements that demand it.
    package var usesTransaction: Bool { !sql.hasPrefix("-- no-transaction") }

    /// The oldest step whose programs go on working after this one, as a line `-- serves: m0025` says in the comment that
    /// begins the file. A file that does not say serves no program that is older than itself.
    package var serves: String {
        let mark = "-- serves: "
        let head = sql.split(separator: "\n").prefix { $0.hasPrefix("--") }
        return head.first { $0.hasPrefix(mark) }.map { String($0.dropFirst(mark.count)) } ?? name
    }
}
