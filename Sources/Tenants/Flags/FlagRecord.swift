package import FlagEngine
package import JSON
package import Postgres

/// What the gateway keeps of a flag besides its definition.
package struct FlagSettings: Sendable, Hashable {
    package static let tagLimit = 20
    /// Bytes of an owner, and of a tag.
    package static let textLimit = 200

    /// Whether keys may evaluate it that can't be kept secret.
    package var isClientVisible = false
    /// Meant to stay: never called stale.
    package var isPermanent = false
    package var owner: String?
    package var tags: [String] = []

    package init() {}
}

/// A flag as it stands.
package struct FlagRecord: Sendable {
    package let key: String
    package let definition: JSONValue
    package let valueType: FlagValueType
    package let settings: FlagSettings
    package let version: Int64
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    package let archivedAt: Timestamp?

    /// Of a row of `flags.list`.
    init(_ row: Row) throws {
        key = try row.decode(0)
        definition = FlagSetContents.value(try row.decode(1))
        valueType = FlagValueType(rawValue: try row.decode(2)) ?? .object
        var settings = FlagSettings()
        settings.isClientVisible = try row.decode(3)
        settings.isPermanent = try row.decode(4)
        settings.owner = try row.decode(5)
        settings.tags = try row.decode(6)
        self.settings = settings
        version = try row.decode(7)
        createdAt = try row.decode(8)
        updatedAt = try row.decode(9)
        archivedAt = try row.decode(10)
    }
}

/// A version of a flag, or of the evaluators and metadata of its set.
package struct FlagRevision: Sendable {
    /// What the key of a revision says that is the set's.
    package static let setKey = "$set"

    package let key: String
    package let version: Int64
    package let setVersion: Int64
    /// nil where the flag was archived.
    package let definition: JSONValue?
    package let settings: JSONValue
    package let source: String
    package let actor: String
    package let reason: String?
    package let evidence: JSONValue?
    package let createdAt: Timestamp

    /// Of a row of `flags.revisions`.
    init(_ row: Row) throws {
        (key, version, setVersion) = (try row.decode(0), try row.decode(1), try row.decode(2))
        definition = try row.decode(3, as: String?.self).map(FlagSetContents.value)
        settings = FlagSetContents.value(try row.decode(4))
        (source, actor, reason) = (try row.decode(5), try row.decode(6), try row.decode(7))
        evidence = try row.decode(8, as: String?.self).map(FlagSetContents.value)
        createdAt = try row.decode(9)
    }
}

/// How a flag was used.
package struct FlagUsage: Sendable {
    package let key: String
    package let owner: String?
    package let isPermanent: Bool
    package let updatedAt: Timestamp
    /// nil: not in the days that were asked for.
    package let lastEvaluatedAt: Timestamp?
    package let evaluations: Int64
    /// Empty: the caller's own default.
    package let variants: [String]
    /// `not_evaluated` or `one_variant`; nil: it is not stale.
    package let stale: String?

    /// Of a row of `flags.staleness`.
    init(_ row: Row) throws {
        (key, owner, isPermanent) = (try row.decode(0), try row.decode(1), try row.decode(2))
        (updatedAt, lastEvaluatedAt) = (try row.decode(3), try row.decode(4))
        (evaluations, variants, stale) = (try row.decode(5), try row.decode(6), try row.decode(7))
    }
}

/// An environment of a tenant.
package struct FlagSetSummary: Sendable {
    package let name: String
    package let version: Int64
    package let bucketing: Int16
    package let flags: Int64
    package let updatedAt: Timestamp

    /// Of a row of `flags.environments`.
    init(_ row: Row) throws {
        (name, version, bucketing) = (try row.decode(0), try row.decode(1), try row.decode(2))
        (flags, updatedAt) = (try row.decode(3), try row.decode(4))
    }
}
