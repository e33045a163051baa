package import JSON

/// What came of evaluating a flag. Without a value the caller's own default is to be used.
package struct Evaluation: Sendable {
    package enum Reason: String, Sendable, CaseIterable {
        /// There is no targeting.
        case fixed = "STATIC"
        case targetingMatch = "TARGETING_MATCH"
        /// Targeting chose nothing, or there is no default variant.
        case byDefault = "DEFAULT"
        case disabled = "DISABLED"
        case error = "ERROR"
    }

    package enum ErrorCode: String, Sendable, CaseIterable {
        case flagNotFound = "FLAG_NOT_FOUND"
        /// The targeting can't be evaluated.
        case parseError = "PARSE_ERROR"
        /// The targeting chose what is no variant, or took too long.
        case general = "GENERAL"
        case typeMismatch = "TYPE_MISMATCH"
    }

    package struct Failure: Error, Sendable, Equatable {
        package let code: ErrorCode
        package let details: String

        package init(_ code: ErrorCode, _ details: String) { (self.code, self.details) = (code, details) }
    }

    package let key: String
    package let reason: Reason
    package let variant: String?
    /// Written as the flag's type wants it.
    package let value: JSONValue?
    /// Nil for a flag that is not there.
    package let valueType: FlagValueType?
    /// The flag's over the set's: strings, numbers and booleans.
    package let metadata: JSONObject
    /// With the reason `error`, and only then.
    package let failure: Failure?
    /// Whether a rollout's rule was asked on the way.
    package var asksRollout = false

    /// An error where the value is of another type. A whole number is no float: the two are told apart by the flag.
    package func requiring(_ type: FlagValueType) -> Evaluation {
        guard value != nil, valueType != type else { return self }
        let found = valueType?.rawValue ?? "nothing"
        return Evaluation(
            key: key, reason: .error, variant: nil, value: nil, valueType: valueType, metadata: metadata,
            failure: Failure(.typeMismatch, "The flag is of the type \(found), not \(type.rawValue)."))
    }

    package var bool: Bool? { if case .bool(let bool)? = value { bool } else { nil } }
}
