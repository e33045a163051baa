package import JSON

/// Flags of one tenant's environment, compiled once and never changed.
package struct FlagSet: Sendable {
    /// Evaluators of rollouts are named by this and the key of their flag.
    package static let rolloutPrefix = "rollout/"
    package static let empty = FlagSet()

    /// In the order of their keys.
    let flags: [Flag]
    private let byKey: [String: Int]
    package let bucketing: Bucketing
    package let metadata: JSONObject
    /// What is wrong with the document, though it is no reason to refuse it.
    package let warnings: [FlagFault]
    /// Whether a result may change with time alone.
    package let readsTime: Bool

    /// Compiles a document; throws with all that refuses it.
    package init(
        _ document: FlagDocument, bucketing: Bucketing = .cbor, validation: FlagValidation = .warn
    ) throws(FlagDocumentError) {
        var faults = FlagFaults(validation)
        if document.flags.count > FlagLimits.flags {
            faults.refuse(.root / "flags", "has \(document.flags.count) flags; it may have \(FlagLimits.flags)")
            throw FlagDocumentError(faults: faults.all)
        }
        let metadata = faults.metadata(document.metadata, .root / "metadata")
        let evaluators = RuleCompiler.evaluators(document.evaluators, &faults)
        var reader = FlagReader(metadata: metadata, evaluators: evaluators, faults: faults)
        var flags: [Flag] = []
        var byKey: [String: Int] = [:]
        for definition in document.flags.sorted(by: { CodeUnits.precedes($0.key, $1.key) }) {
            guard let flag = reader.flag(definition) else { continue }
            if byKey.updateValue(flags.count, forKey: flag.key) != nil {
                reader.faults.refuse(.root / "flags" / flag.key, "is there twice")
            }
            flags.append(flag)
        }
        guard !reader.faults.refuses else { throw FlagDocumentError(faults: reader.faults.all) }
        (self.flags, self.byKey, self.bucketing, self.metadata) = (flags, byKey, bucketing, metadata)
        (warnings, readsTime) = (reader.faults.all, reader.readsTime)
    }

    private init() {
        (flags, byKey, bucketing, metadata) = ([], [:], .cbor, [:])
        (warnings, readsTime) = ([], false)
    }

    package var keys: [String] { flags.map(\.key) }

    /// Nil where there is no such flag.
    package func valueType(of key: String) -> FlagValueType? { flag(key)?.valueType }

    /// Keys are ASCII, but the dictionary takes the Kelvin sign for a K.
    func flag(_ key: String) -> Flag? {
        guard let index = byKey[key], CodeUnits.same(flags[index].key, key) else { return nil }
        return flags[index]
    }
}
