import CoreMetrics
package import HTTPTypes
import Telemetry

/// What can be wrong, in words that stay the same: `type` is `/problems/` and the raw value.
package enum ProblemKind: String, CaseIterable, Sendable {
    case invalidRequest = "invalid-request"
    case invalidJSON = "invalid-json"
    case invalidEnvelope = "invalid-envelope"
    case invalidDestination = "invalid-destination"
    case invalidRoute = "invalid-route"
    case invalidSource = "invalid-source"
    case invalidFlag = "invalid-flag"
    case invalidRollout = "invalid-rollout"
    case invalidEvent = "invalid-event"
    case invalidSignature = "invalid-signature"
    case unauthorized
    case forbidden
    case tenantSuspended = "tenant-suspended"
    case operatorAccessOff = "operator-access-off"
    case notFound = "not-found"
    case unknownDestination = "unknown-destination"
    case methodNotAllowed = "method-not-allowed"
    case requestTimeout = "request-timeout"
    case circuitState = "circuit-state"
    case tenantExists = "tenant-exists"
    case tooManyKeys = "too-many-keys"
    case deliveryState = "delivery-state"
    case replayLimit = "replay-limit"
    case destinationExists = "destination-exists"
    case nameTaken = "name-taken"
    case tooManyRoutes = "too-many-routes"
    case tooManySources = "too-many-sources"
    case tooManyFlags = "too-many-flags"
    case bucketingFixed = "bucketing-fixed"
    case rolloutState = "rollout-state"
    case fanOutTooWide = "fan-out-too-wide"
    case deliveriesWaiting = "deliveries-waiting"
    case preconditionFailed = "precondition-failed"
    case preconditionRequired = "precondition-required"
    case payloadTooLarge = "payload-too-large"
    case unsupportedMediaType = "unsupported-media-type"
    case idempotencyKeyReused = "idempotency-key-reused"
    case rateExceeded = "rate-exceeded"
    case quotaExceeded = "quota-exceeded"
    case headTooLarge = "head-too-large"
    case `internal`
    case overloaded
    case storageUnavailable = "storage-unavailable"
    case outcomeUnknown = "outcome-unknown"
    case notReady = "not-ready"
    case featureOff = "feature-off"

    /// How often it was told.
    var refusals: Counter? { Self.refusals[self] }

    private static let refusals = Dictionary(
        uniqueKeysWithValues: allCases.map { ($0, Counter(.refusals, $0.rawValue)) })

    package var status: HTTPResponse.Status {
        switch self {
        case .invalidRequest, .invalidJSON: .badRequest
        case .unauthorized, .invalidSignature: .unauthorized
        case .forbidden, .tenantSuspended, .operatorAccessOff: .forbidden
        case .notFound, .unknownDestination: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .requestTimeout: .requestTimeout
        case .circuitState, .tenantExists, .tooManyKeys, .deliveryState, .replayLimit, .destinationExists,
            .deliveriesWaiting, .nameTaken, .tooManyRoutes, .tooManySources, .tooManyFlags, .bucketingFixed,
            .rolloutState:
            .conflict
        case .preconditionFailed: .preconditionFailed
        case .preconditionRequired: .preconditionRequired
        case .payloadTooLarge: .contentTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .invalidEnvelope, .invalidDestination, .invalidRoute, .invalidSource, .invalidFlag, .invalidRollout,
            .invalidEvent,
            .fanOutTooWide, .idempotencyKeyReused:
            .unprocessableContent
        case .rateExceeded, .quotaExceeded: .tooManyRequests
        case .headTooLarge: .requestHeaderFieldsTooLarge
        case .internal: .internalServerError
        case .overloaded, .storageUnavailable, .outcomeUnknown, .notReady, .featureOff: .serviceUnavailable
        }
    }

    package var title: String {
        switch self {
        case .invalidRequest: "The request is not valid"
        case .invalidJSON: "The text is not JSON"
        case .invalidEnvelope: "The envelope is not valid"
        case .invalidDestination: "The destination is not valid"
        case .invalidRoute: "The route is not valid"
        case .invalidSource: "The source is not valid"
        case .invalidFlag: "The flag is not valid"
        case .invalidRollout: "The rollout is not valid"
        case .invalidEvent: "The event is not a CloudEvent"
        case .invalidSignature: "The signature can't be verified"
        case .nameTaken: "The name is taken"
        case .tooManyRoutes: "The tenant has as many routes as it may"
        case .tooManySources: "The tenant has as many sources as it may"
        case .tooManyFlags: "The tenant has as many flags as it may"
        case .bucketingFixed: "The bucketing of an environment stays"
        case .rolloutState: "The flag's rollout can't do that now"
        case .fanOutTooWide: "The request would go to too many destinations"
        case .unauthorized: "A valid API key is needed"
        case .forbidden: "The key is not good for this"
        case .tenantSuspended: "The tenant is suspended"
        case .operatorAccessOff: "Nobody may use the operator's API here"
        case .notFound: "There is nothing here"
        case .unknownDestination: "There is no such destination"
        case .methodNotAllowed: "The method is not allowed here"
        case .requestTimeout: "The request took too long to arrive"
        case .circuitState: "The circuit can't do that now"
        case .tenantExists: "There is a tenant of that name"
        case .tooManyKeys: "The tenant has as many keys as it may"
        case .rateExceeded: "The tenant sends more requests a second than it may"
        case .quotaExceeded: "As much waits already as the tenant may have"
        case .deliveryState: "The request's deliveries can't do that now"
        case .replayLimit: "Too many replays run already"
        case .destinationExists: "There is such a destination"
        case .deliveriesWaiting: "Deliveries wait"
        case .preconditionFailed: "It is not as you expected"
        case .preconditionRequired: "Say what you expect"
        case .payloadTooLarge: "The request is too large"
        case .unsupportedMediaType: "The content type is not supported"
        case .idempotencyKeyReused: "The idempotency key was used for another request"
        case .headTooLarge: "The request's head is too large"
        case .internal: "Something went wrong here"
        case .overloaded: "Too many requests wait already"
        case .storageUnavailable: "The storage can't be reached"
        case .outcomeUnknown: "Whether the request was stored is not known"
        case .notReady: "Not ready"
        case .featureOff: "This is switched off for the tenant"
        }
    }
}
