/// How a database's schema and a program stand to each other.
package enum SchemaFit: Sendable, Equatable {
    /// The schema has every step that the program knows, perhaps later ones too, and serves it.
    case fits
    /// Names of steps that the schema has yet to take.
    case lacks([String])
    /// The schema has gone on, and serves programs from this step on.
    case outgrown(servesFrom: String)
    /// The step of this name is not the program's.
    case differs(at: String)

    /// A step as the database has recorded it.
    struct Applied: Sendable, Equatable {
        let name: String
        let checksum: String
        let serves: String
    }

    /// - Parameter applied: in the order of their names.
    init(of migrations: [Migration], in applied: [Applied]) {
        let strange = zip(migrations, applied).first { $0.name != $1.name || $0.checksum != $1.checksum }
        let oldest = applied.map(\.serves).max() ?? ""
        if let strange {
            self = .differs(at: strange.1.name)
        } else if applied.count < migrations.count {
            self = .lacks(migrations[applied.count...].map(\.name))
        } else {
            self = Self.serves(migrations.last?.name ?? "", from: oldest) ? .fits : .outgrown(servesFrom: oldest)
        }
    }

    /// Whether a schema that serves programs from a step on serves one whose last step is `level`.
    package static func serves(_ level: String, from oldest: String) -> Bool { level >= oldest }
}

extension PostgresError {
    /// Of a program that a newer schema no longer serves.
    package static func outgrown(_ level: String, servesFrom oldest: String) -> PostgresError {
        PostgresError(
            .migration,
            "the database's schema serves programs that know \(oldest), and this one ends with \(level); install a newer version"
        )
    }
}
