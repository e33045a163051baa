import HTTPTypes
import HummingbirdCore
import Tenants

/// A method of a resource: who may call it, and what answers.
struct Route: Sendable {
    enum Access: Hashable, Sendable {
        case everyone
        /// Who shows a tenant's key of this scope.
        case tenant(Scope)
    }

    let method: HTTPRequest.Method
    let path: PathPattern
    let access: Access
    /// Throws a `Problem`, or what `Problem.init(_:logger:)` takes.
    let answer: @Sendable (Call) async throws -> Answer

    static func open(
        _ method: HTTPRequest.Method, _ path: PathPattern, _ answer: @escaping @Sendable (Call) async throws -> Answer
    ) -> Route {
        Route(method: method, path: path, access: .everyone, answer: answer)
    }

    static func tenant(
        _ scope: Scope, _ method: HTTPRequest.Method, _ path: PathPattern,
        _ answer: @escaping @Sendable (Call, Caller) async throws -> Answer
    ) -> Route {
        Route(method: method, path: path, access: .tenant(scope)) { call in
            try await answer(call, try Credentials.caller(call.request.headers, in: call.snapshot, now: call.now))
        }
    }
}
