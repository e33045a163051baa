package import FlagEngine
package import JSON

/// A definition that has been compiled with the evaluators of its set.
package struct CheckedFlag: Sendable {
    package let key: String
    package let definition: JSONValue
    package let valueType: FlagValueType
    /// What is wrong with it, though it is no reason to refuse it.
    package let warnings: [FlagFault]

    /// Throws a `FlagDocumentError`.
    ///
    /// - Parameter set: that it is for; nil: a new one.
    package init(
        _ key: String, _ definition: JSONValue, for set: FlagSetContents?
    ) throws {
        let evaluators = set.map { $0.document.evaluators } ?? .null
        let document = FlagDocument(
            flags: [FlagDefinition(key: key, json: definition)], evaluators: evaluators, metadata: .null)
        let compiled: FlagSet
        do {
            compiled = try FlagSet(document, bucketing: set?.bucketing ?? .cbor)
        } catch {
            throw FlagDocumentError(faults: error.faults.filter(\.isOfFlag))
        }
        self.key = key
        self.definition = definition
        valueType = compiled.valueType(of: key) ?? .object
        // Those of the evaluators have been told to who wrote them.
        warnings = compiled.warnings.filter(\.isOfFlag)
    }

    fileprivate init(_ definition: FlagDefinition, _ compiled: FlagSet) {
        (key, self.definition) = (definition.key, definition.json)
        (valueType, warnings) = (compiled.valueType(of: definition.key) ?? .object, [])
    }
}

/// A document whose flags have all been compiled.
package struct CheckedFlagDocument: Sendable {
    package let flags: [CheckedFlag]
    /// Without what rollouts decide.
    package let evaluators: JSONObject
    package let metadata: JSONObject
    package let warnings: [FlagFault]
    private let rollouts: JSONObject

    /// Throws a `FlagDocumentError`.
    package init(
        _ document: FlagDocument, bucketing: Bucketing = .cbor, validation: FlagValidation = .warn
    ) throws(FlagDocumentError) {
        let compiled = try FlagSet(document, bucketing: bucketing, validation: validation)
        flags = document.flags.map { CheckedFlag($0, compiled) }
        let all: JSONObject = if case .object(let members) = document.evaluators { members } else { [:] }
        evaluators = all.filter { !$0.key.hasPrefix(FlagSet.rolloutPrefix) }
        rollouts = all.filter { $0.key.hasPrefix(FlagSet.rolloutPrefix) }
        metadata = if case .object(let members) = document.metadata { members } else { [:] }
        warnings = compiled.warnings
    }

    /// What the flag's rollout decided where the document comes from; empty: nothing.
    func rolloutText(_ key: String) -> String { rollouts[FlagSetContents.rolloutEvaluator(key)]?.text ?? "" }
}

extension FlagFault {
    fileprivate var isOfFlag: Bool { pointer.hasPrefix("/flags") || pointer.isEmpty }
}
