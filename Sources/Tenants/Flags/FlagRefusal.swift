import FlagEngine

/// Why a change of flags was not made.
package enum FlagRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    case unknownEnvironment
    case unknownFlag
    case unknownRevision
    case unknownVariant
    /// It is not of the expected version.
    case stale
    case tooManyEnvironments
    /// The set has as many flags, or as many bytes of them, as it may.
    case full
    case bucketingIsFixed

    package var description: String {
        switch self {
        case .unknownEnvironment: "this tenant has no such environment"
        case .unknownFlag: "this environment has no such flag"
        case .unknownRevision: "the flag has no such version to go back to"
        case .unknownVariant: "the flag has no such variant"
        case .stale: "it has been changed meanwhile; get it again"
        case .tooManyEnvironments: "a tenant may have \(FlagEnvironment.limit) environments"
        case .full:
            "an environment may have \(FlagLimits.flags) flags, of \(FlagLimits.documentBytes >> 20) MiB in all: archive some"
        case .bucketingIsFixed: "an environment keeps its bucketing, or users would change variants; make another one"
        }
    }

    /// Of what a function of the database answers; nil: it has done what it was asked for.
    init?(answer: String) {
        switch answer {
        case "put", "deleted": return nil
        case "unknown": self = .unknownFlag
        case "unknown_revision": self = .unknownRevision
        case "unknown_variant": self = .unknownVariant
        case "too_many_environments": self = .tooManyEnvironments
        case "fixed": self = .bucketingIsFixed
        default: self = .stale
        }
    }
}
