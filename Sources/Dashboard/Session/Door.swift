import API
import HTTPTypes
import Model
import Postgres
import Tenants

/// Who comes in, and to whose things.
struct Door: Sendable {
    struct Opened: Sendable {
        let session: Session
        let viewer: Viewer
    }

    let cookie: SessionCookie
    /// For all tenants: an operator chooses one by its name.
    let operators: TenantStore
    let limit = LoginLimit()

    /// nil: nobody is logged in, or what has opened the session would open none any more.
    func session(_ call: Call) -> Opened? {
        guard let session = cookie.session(call.head, now: call.now),
            let viewer = Viewer(session, call.snapshot, operatorToken: call.operatorToken, now: call.now)
        else { return nil }
        if case .tenant(let caller, _) = viewer { call.noteUse(of: caller) }
        return Opened(session: session, viewer: viewer)
    }

    func visit(_ opened: Opened, _ call: Call, query: Query) async throws -> Visit {
        let path = String((call.head.path ?? "/").prefix { $0 != "?" })
        return try await visit(
            opened, path: path, query: query, parameters: call.parameters, snapshot: call.snapshot, now: call.now)
    }

    /// Throws a `Problem` where there is no such tenant, or it is not the viewer's.
    func visit(
        _ opened: Opened, path: String, query: Query, parameters: [Substring: Substring], snapshot: TenantSnapshot,
        now: Timestamp
    ) async throws -> Visit {
        let tenant: Tenant?
        switch opened.viewer {
        case .tenant(_, let own):
            guard query["tenant"] == nil || query["tenant"] == own.name else { throw Self.unknownTenant }
            tenant = own
        case .operator:
            if let name = query.filled("tenant") {
                tenant = try await operators.tenant(named: name)
                if tenant == nil { throw Self.unknownTenant }
            } else {
                tenant = nil
            }
        }
        return Visit(
            viewer: opened.viewer, tenant: tenant, session: opened.session, path: path, query: query,
            parameters: parameters, snapshot: snapshot, now: now)
    }

    /// Throws a `Problem` unless a page of this session has sent the form.
    func requireOwnForm(_ call: Call, _ form: Query, _ session: Session) throws {
        try requireSameOrigin(call)
        guard session.takes(formToken: form["token"] ?? "") else {
            throw Problem(.forbidden, "The form is not of this session. Open its page again, and send it from there.")
        }
    }

    func requireSameOrigin(_ call: Call) throws {
        guard SameOrigin.sent(call.head) else {
            throw Problem(.forbidden, "The form came from another site, so nothing was done.")
        }
    }

    private static var unknownTenant: Problem { Problem(.notFound, "There is no such tenant.") }
}
