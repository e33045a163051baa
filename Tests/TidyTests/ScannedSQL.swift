import Postgres
import SQL

/// A statement as the tidy tests see it: its text without comments, and where it comes from.
struct ScannedSQL: Sendable {
    /// `sluice.claim` or `requests.find`.
    let origin: String
    let text: String

    /// Statements of the named queries and of the bodies of functions, each cut at its semicolons.
    static func all() -> [ScannedSQL] {
        let queries = SQL.statements.map { ScannedSQL(origin: $0.name, text: withoutComments($0.sql)) }
        return queries
            + functions().flatMap { function in
                function.body.split(separator: ";").map { ScannedSQL(origin: function.name, text: String($0)) }
            }
    }

    /// Functions of the migrations, their bodies without comments.
    static func functions() -> [(name: String, body: String)] {
        SQL.migrations.flatMap { splitStatements($0.sql) }.compactMap { statement in
            guard let head = statement.firstMatch(of: /CREATE (?:OR REPLACE )?FUNCTION (sluice\.[a-z_]+)/),
                let body = statement.firstMatch(of: /(?s)\$\$(.*)\$\$/)
            else { return nil }
            return (String(head.1), withoutComments(String(body.1)))
        }
    }

    private static func withoutComments(_ sql: String) -> String { sql.replacing(/--[^\n]*/, with: "") }
}
