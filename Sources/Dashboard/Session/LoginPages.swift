import API
import Foundation
import HTTPTypes
import Model
import Postgres
import Tenants

/// `/login` and `/logout`.
struct LoginPages: Sendable {
    let door: Door
    let layout: Layout
    let pages: [PageRoute]

    func form(_ call: Call) throws -> Answer {
        let query = try Query(call.queryText, allowed: ["then"])
        if door.session(call) != nil { return .seeOther(then(query["then"])) }
        return .page(.ok, document(then: query["then"]))
    }

    /// With a key or the operator's token.
    func open(_ call: Call, _ text: String) throws -> Answer {
        try door.requireSameOrigin(call)
        let form = try Query(text[...], allowed: ["key", "then"])
        if let wait = door.limit.take(call.peer) {
            let problem = Problem(.rateExceeded, "Too many have tried to log in from there. Try again later.")
            return .page(problem.retry(after: Int(wait.components.seconds) + 1), layout)
        }
        let key = (form["key"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        guard let owner = owner(key, call) else {
            return .page(
                .forbidden,
                document(
                    then: form["then"],
                    fault: "This is neither a valid key with the scope “read” nor the operator's token."))
        }
        var answer = Answer.seeOther(then(form["then"]))
        answer.head.headerFields[.setCookie] = try door.cookie.keeping(Session(owner, now: call.now), for: call.head)
        return answer
    }

    func close(_ call: Call, _ text: String) throws -> Answer {
        if let opened = door.session(call) {
            try door.requireOwnForm(call, try Query(text[...], allowed: ["token"]), opened.session)
        }
        var answer = Answer.seeOther("/login")
        answer.head.headerFields[.setCookie] = door.cookie.forgetting(for: call.head)
        return answer
    }

    private func owner(_ key: String, _ call: Call) -> Session.Owner? {
        if let token = call.operatorToken, token.opens(with: key) {
            return .operator(fingerprint: token.fingerprint)
        }
        guard let found = call.snapshot.caller(APIKeyHash(of: key.utf8), now: call.now),
            found.tenant.state == .active, found.caller.scopes.contains(Scopes(.read))
        else { return nil }
        return .key(found.caller.key)
    }

    /// A page of this dashboard, and no other address: whoever makes a link to the login could lead elsewhere.
    private func then(_ target: String?) -> String {
        guard let target, target.utf8.allSatisfy({ 0x21...0x7e ~= $0 }) else { return "/" }
        let parts = PathPattern.split(target.prefix { $0 != "?" })
        return pages.contains { $0.path.match(parts) != nil } && !target.hasPrefix("//") ? target : "/"
    }

    private func document(then: String?, fault: String? = nil) -> HTML {
        let told: HTML = fault.map { "<p class=\"fault\" role=\"alert\" id=\"fault\">\($0)</p>" } ?? .empty
        let described: HTML = fault == nil ? .empty : " aria-describedby=\"fault\" aria-invalid=\"true\""
        return layout.document(
            title: "Log in",
            """
            <main id="main" class="login"><h1>Sluice</h1>
            <form method="post" action="/login" class="fields">\(told)
            \(Form.hidden("then", then ?? "/"))
            <p class="field"><label for="key">API key, or the operator's token</label>
            <input id="key" name="key" type="password" autocomplete="current-password" required autofocus\(described)></p>
            <p class="field"><button>Log in</button></p>
            <p class="hint">A key needs the scope “read” to look, and “manage” to act. The session ends after 12 hours.</p>
            </form></main>
            """)
    }
}
