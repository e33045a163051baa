package import FlagEngine
package import JSON

/// The settings of an environment as people and programs write them.
package struct FlagSetDraft: Sendable {
    private static let members: Set<String> = ["bucketing", "evaluators", "metadata", "reason"]
    /// What is shown with them and may come back.
    private static let shownOnly: Set<String> = ["name", "version", "flags"]

    package let bucketing: Bucketing
    package let evaluators: JSONObject
    package let metadata: JSONObject
    package let reason: String?

    /// Throws `InvalidDocument`, or a `FlagDocumentError` where the flags that are stored can't be evaluated with it.
    package init(_ document: JSONValue, stored: FlagSetContents?) throws {
        guard case .object(let all) = document else {
            throw InvalidDocument(faults: [.init("", "the document must be an object")])
        }
        var reader = FieldReader()
        let members = reader.members(.object(all.filter { !Self.shownOnly.contains($0.key) }), "", of: Self.members)
        let standard = stored?.bucketing ?? .cbor
        bucketing =
            Bucketing(
                rawValue: reader.integer(members["bucketing"], "bucketing", in: 2...3, default: standard.rawValue))
            ?? standard
        reason = reader.string(members["reason"], "reason", limit: FlagAuthor.reasonLimit)
        evaluators = reader.object(members["evaluators"], "evaluators")
        metadata = reader.object(members["metadata"], "metadata")
        for name in evaluators.keys where name.hasPrefix(FlagSet.rolloutPrefix) {
            reader.refuse("evaluators.\(name)", "is the name of a rollout's rule, which only the rollout changes")
        }
        guard reader.faults.isEmpty else { throw InvalidDocument(faults: reader.faults) }
        var flags = stored?.document ?? FlagDocument(flags: [])
        flags.evaluators = .object(evaluators.overlaid(by: stored?.rolloutEvaluators ?? [:]))
        flags.metadata = .object(metadata)
        _ = try FlagSet(flags, bucketing: bucketing)
    }
}

extension FieldReader {
    fileprivate mutating func object(_ value: JSONValue?, _ path: String) -> JSONObject {
        guard let value else { return [:] }
        guard case .object(let members) = value else {
            refuse(path, "must be an object")
            return [:]
        }
        return members
    }
}
