package import FlagEngine
import FoundationEssentials
package import JSON
package import Model
import Postgres
import SQL

/// The store of flags. What changes them throws a `FlagRefusal`.
extension TenantStore {
    /// By name.
    package func environments(of tenant: TenantID, shard: Int16) async throws -> [FlagSetSummary] {
        try await client.query(SQL["flags.environments"], Parameters(shard, tenant.uuid))
            .map(FlagSetSummary.init)
    }

    /// nil where the tenant has no such environment.
    package func flagSet(_ environment: FlagEnvironment) async throws -> FlagSetContents? {
        try await client.query(
            SQL["flags.set"], Parameters(environment.shard, environment.tenant.uuid, environment.name)
        ).first.map(FlagSetContents.init)
    }

    /// Makes an environment, or changes its evaluators and metadata.
    ///
    /// - Parameter expected: the version that is changed, 0 where there must be none; nil: any.
    /// - Returns: its version.
    @discardableResult
    package func putFlagSet(
        _ environment: FlagEnvironment, bucketing: Bucketing, evaluators: JSONObject, metadata: JSONObject,
        expected: Int64? = nil, by author: FlagAuthor
    ) async throws -> Int64 {
        let row = try await change(
            "flags.put_set",
            Parameters(
                environment.shard, environment.tenant.uuid, environment.name, Int16(bucketing.rawValue),
                JSONValue.object(evaluators).text, JSONValue.object(metadata).text, expected, author.actor,
                author.reason, FlagEnvironment.limit, Int32(FlagLimits.flags), Int64(FlagLimits.documentBytes)))
        return try row.decode(1)
    }

    /// By key, from the given one on, archived ones too.
    package func flags(
        from key: String = "", limit: Int, in environment: FlagEnvironment
    ) async throws -> [FlagRecord] {
        try await client.query(
            SQL["flags.list"],
            Parameters(environment.shard, environment.tenant.uuid, environment.name, key, Int32(clamping: limit))
        ).map(FlagRecord.init)
    }

    /// Archived or not; nil where there never was one.
    package func flag(_ key: String, in environment: FlagEnvironment) async throws -> FlagRecord? {
        try await flags(from: key, limit: 1, in: environment).first { CodeUnits.same($0.key, key) }
    }

    /// Makes a flag, or changes the one of that key.
    ///
    /// - Parameter expected: the version that is changed, 0 where there must be none; nil: any.
    /// - Returns: its version.
    @discardableResult
    package func putFlag(
        _ flag: CheckedFlag, _ settings: FlagSettings = FlagSettings(), in environment: FlagEnvironment,
        expected: Int64? = nil, by author: FlagAuthor
    ) async throws -> Int64 {
        let row = try await change(
            "flags.put",
            Parameters(
                environment.shard, environment.tenant.uuid, environment.name, flag.key, flag.definition.text,
                flag.valueType.rawValue, settings.isClientVisible, settings.isPermanent, settings.owner,
                settings.tags, expected, author.actor, author.reason, FlagEnvironment.limit,
                Int32(FlagLimits.flags), Int64(FlagLimits.documentBytes)))
        return try row.decode(1)
    }

    /// - Parameter expected: the version that is archived; nil: any.
    package func archiveFlag(
        _ key: String, in environment: FlagEnvironment, expected: Int64? = nil, by author: FlagAuthor
    ) async throws {
        _ = try await change(
            "flags.archive",
            Parameters(
                environment.shard, environment.tenant.uuid, environment.name, key, expected, author.actor,
                author.reason))
    }

    /// Makes a flag what it was; an archived one too.
    ///
    /// - Returns: its new version.
    @discardableResult
    package func revertFlag(
        _ key: String, to version: Int64, in environment: FlagEnvironment, expected: Int64? = nil,
        by author: FlagAuthor
    ) async throws -> Int64 {
        let row = try await change(
            "flags.revert",
            Parameters(
                environment.shard, environment.tenant.uuid, environment.name, key, version, expected, author.actor,
                author.reason, Int32(FlagLimits.flags), Int64(FlagLimits.documentBytes)))
        return try row.decode(1)
    }

    /// Switches a flag off at once, whatever its version; again and again without another effect.
    ///
    /// - Parameter variant: that everyone gets; nil: the caller's own default.
    /// - Returns: its version.
    @discardableResult
    package func killFlag(
        _ key: String, to variant: String? = nil, in environment: FlagEnvironment, by author: FlagAuthor
    ) async throws -> Int64 {
        let row = try await change(
            "flags.kill",
            Parameters(
                environment.shard, environment.tenant.uuid, environment.name, key, variant, author.actor,
                author.reason))
        return try row.decode(1)
    }

    /// The newest first.
    ///
    /// - Parameters:
    ///   - key: of one flag; nil: of all, and of the set.
    ///   - before: from before this version of the set on; nil: from the last.
    ///   - limit: what has the version of the last one comes along.
    package func revisions(
        of key: String? = nil, before: Int64? = nil, limit: Int, in environment: FlagEnvironment
    ) async throws -> [FlagRevision] {
        try await client.query(
            SQL["flags.revisions"],
            Parameters(
                environment.shard, environment.tenant.uuid, environment.name, key, before ?? .max,
                Int32(clamping: limit))
        ).map(FlagRevision.init)
    }

    /// How the flags were used in the last days.
    package func flagUsage(days: Int, in environment: FlagEnvironment) async throws -> [FlagUsage] {
        try await client.query(
            SQL["flags.staleness"],
            Parameters(environment.shard, environment.tenant.uuid, environment.name, Int32(clamping: days))
        ).map(FlagUsage.init)
    }

    /// What an import did.
    package struct FlagImport: Sendable, Hashable {
        /// The set's, after it.
        package let version: Int64
        package let created: Int32
        package let changed: Int32
        package let archived: Int32
    }

    /// Makes the flags of a document what it says, all at once.
    ///
    /// - Parameters:
    ///   - prunes: whether flags are archived that it does not name.
    ///   - expected: the set's version; nil: any.
    package func importFlags(
        _ document: CheckedFlagDocument, prunes: Bool, into environment: FlagEnvironment, expected: Int64? = nil,
        by author: FlagAuthor
    ) async throws -> FlagImport {
        let row = try await change(
            "flags.import",
            Parameters(
                environment.shard, environment.tenant.uuid, environment.name,
                JSONValue.object(document.evaluators).text, JSONValue.object(document.metadata).text,
                document.flags.map(\.key), document.flags.map(\.definition.text),
                document.flags.map(\.valueType.rawValue), document.flags.map { document.rolloutText($0.key) }, prunes,
                expected, author.actor, author.reason, FlagEnvironment.limit, Int32(FlagLimits.flags),
                Int64(FlagLimits.documentBytes)))
        return FlagImport(
            version: try row.decode(1), created: try row.decode(2), changed: try row.decode(3),
            archived: try row.decode(4))
    }

    /// Throws a `FlagRefusal` for an answer that is one.
    private func change(_ statement: String, _ parameters: Parameters) async throws -> Row {
        do {
            guard let row = try await client.execute(SQL[statement], parameters).first else {
                throw PostgresError(.mismatch, "no answer", statement: statement)
            }
            if let refusal = FlagRefusal(answer: try row.decode(0)) { throw refusal }
            return row
        } catch let error as PostgresError where error.sqlState == "54000" {
            throw FlagRefusal.full
        }
    }
}
