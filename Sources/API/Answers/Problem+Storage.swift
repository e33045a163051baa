import JSON
package import Logging
package import Model
import Postgres

extension Problem {
    /// What a caller is told of an error in storage; what it must not see goes to the log.
    ///
    /// - Parameter storing: the request that was to be stored, where that was the intention.
    package init(_ error: any Error, storing request: RequestID? = nil, logger: Logger) {
        switch error {
        case let problem as Problem:
            self = problem
        case let error as JSONError:
            self = Problem(.invalidJSON, error.description)
        case let error as PostgresError where error.isDataError:
            // Constraints are named by the rule that they check.
            let rule = error.constraint.map { "A rule is broken: \($0.replacing("_", with: " "))." }
            self = Problem(
                .invalidRequest, rule ?? "A value can't be stored: it is out of range, or a text with a NUL character.")
        case let error as PostgresError where error.code == .overloaded:
            self = Problem(.overloaded, "Nothing was stored. Try again.").retry(after: 1)
        case let error as PostgresError where error.outcomeUnknown && request != nil:
            var problem = Problem(.outcomeUnknown, "The database was lost before it confirmed. Look the id up later.")
            problem.request = request
            self = problem.retry(after: Self.retryDelay)
        case let error as PostgresError where error.isRetryable || [.unavailable, .closed].contains(error.code):
            let detail = request == nil ? "Try again." : "Nothing was stored. Try again."
            self = Problem(.storageUnavailable, detail).retry(after: Self.retryDelay)
        default:
            let reference = RequestID.new().description
            var facts: Logger.Metadata = ["reference": "\(reference)", "error": "\(error)"]
            if let request { facts["request_id"] = "\(request)" }
            logger.error("request failed", metadata: facts)
            var problem = Problem(.internal, "The log of the gateway has more under the instance given here.")
            problem.reference = reference
            self = problem
        }
    }

    /// Scattered, so that callers that were turned away together don't come back together.
    private static var retryDelay: Int { .random(in: 1...5) }
}
