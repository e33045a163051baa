/// What a flag set may hold. Whatever is beyond is refused with its path and the limit.
package enum FlagLimits {
    /// A document is parsed as a whole: 500 flags of a few KiB fit, and a parse stays below a tenth of a second.
    package static let documentBytes = 4 << 20
    /// Of a flag's or an evaluator's JSON without white space.
    package static let definitionBytes = 64 << 10
    /// Arrays and objects within each other in a definition. Evaluation recurses as deep, and an evaluator's depth may come
    /// on top.
    package static let depth = 32
    package static let flags = 500
    package static let variants = 100
    package static let evaluators = 100
    /// Rules and values in a flag's targeting, with those of the evaluators that it refers to.
    package static let ruleNodes = 2_000
    /// Of a flag's key: see `FlagKey`.
    package static let keyBytes = 128
    /// Of a variant's or an evaluator's name, and of a metadata name.
    package static let nameBytes = 256
    package static let metadata = 100
    /// Steps of one evaluation (see `StepBudget`): about a millisecond. What takes more fails with `GENERAL`.
    package static let steps = 20_000
    /// Steps of a bulk evaluation in all.
    package static let bulkSteps = 400_000
    /// Of an evaluation's context as JSON; who reads it from a request refuses more.
    package static let contextBytes = 64 << 10
    /// Faults that are told of one document; the first ones are the most telling.
    static let faults = 100
}

/// `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`: keys that stay the same in a URL, which some clients don't escape.
package enum FlagKey {
    package static func isValid(_ key: String) -> Bool {
        guard 1...FlagLimits.keyBytes ~= key.utf8.count, let first = key.utf8.first, isAlphanumeric(first) else {
            return false
        }
        return key.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }
}
