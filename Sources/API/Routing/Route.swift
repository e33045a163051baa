package import HTTPTypes
import HummingbirdCore
import Tenants

/// A method of a resource: who may call it, and what answers.
package struct Route: Sendable {
    enum Access: Hashable, Sendable {
        case everyone
        /// Who shows a tenant's key of this scope.
        case tenant(Scope)
        /// Who shows the operator's token.
        case `operator`
        /// Who shows a tenant's key that may evaluate flags; told in the protocol's own way.
        case flags
        /// A person with a browser, whose session the page looks for itself.
        case page
    }

    let method: HTTPRequest.Method
    let path: PathPattern
    let access: Access
    /// Throws a `Problem`, or what `Problem.init(_:logger:)` takes.
    let answer: @Sendable (Call) async throws -> Answer
    let metrics: AnswerMetrics

    private init(
        method: HTTPRequest.Method, path: PathPattern, access: Access,
        answer: @escaping @Sendable (Call) async throws -> Answer
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.answer = answer
        let stores = access == .tenant(.ingest) && method == .post
        metrics = AnswerMetrics(method.rawValue, path.description, door: stores ? path.description : nil)
    }

    static func open(
        _ method: HTTPRequest.Method, _ path: PathPattern, _ answer: @escaping @Sendable (Call) async throws -> Answer
    ) -> Route {
        Route(method: method, path: path, access: .everyone, answer: answer)
    }

    /// The database shows the answer the rows of the caller's tenant, and no others.
    static func tenant(
        _ scope: Scope, _ method: HTTPRequest.Method, _ path: PathPattern,
        _ answer: @escaping @Sendable (Call, Caller) async throws -> Answer
    ) -> Route {
        Route(method: method, path: path, access: .tenant(scope)) { call in
            let (caller, _) = try Credentials.caller(
                call.request.headers, in: call.snapshot, now: call.now, for: scope)
            call.access.uses.note(caller, at: call.now)
            return try await TenantScope.run(caller.tenant) { try await answer(call, caller) }
        }
    }

    static func flags(
        _ method: HTTPRequest.Method, _ path: PathPattern, _ answer: @escaping @Sendable (Call) async throws -> Answer
    ) -> Route {
        Route(method: method, path: path, access: .flags, answer: answer)
    }

    package static func page(
        _ method: HTTPRequest.Method, _ path: PathPattern, _ answer: @escaping @Sendable (Call) async throws -> Answer
    ) -> Route {
        Route(method: method, path: path, access: .page, answer: answer)
    }

    static func `operator`(
        _ method: HTTPRequest.Method, _ path: PathPattern, _ answer: @escaping @Sendable (Call) async throws -> Answer
    ) -> Route {
        Route(method: method, path: path, access: .operator) { call in
            try Credentials.requireOperator(call.request.headers, token: call.access.operatorToken)
            return try await answer(call)
        }
    }
}
