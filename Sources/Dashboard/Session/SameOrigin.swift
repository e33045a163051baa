import HTTPTypes

/// Whether a page of this gateway sent a form. Browsers tell, and no page can make them tell otherwise.
enum SameOrigin {
    /// `Sec-Fetch-Site` decides where there is one: it holds behind proxies that change the host. Else the host of `Origin`
    /// must be the one that was asked. Who sends neither is no browser of these days; the form's token decides then.
    static func sent(_ head: HTTPRequest) -> Bool {
        if let site = head.headerFields[.fetchSite] { return site == "same-origin" }
        guard let origin = head.headerFields[.origin] else { return true }
        let parts = origin.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].isEmpty else { return false }
        return [head.authority, head.headerFields[.forwardedHost]].contains(String(parts[2]))
    }
}

extension HTTPField.Name {
    static let fetchSite = known("Sec-Fetch-Site")
    static let forwardedHost = known("X-Forwarded-Host")
    static let forwardedProto = known("X-Forwarded-Proto")
    static let contentSecurityPolicy = known("Content-Security-Policy")
    static let openerPolicy = known("Cross-Origin-Opener-Policy")
    static let resourcePolicy = known("Cross-Origin-Resource-Policy")
    static let referrerPolicy = known("Referrer-Policy")

    private static func known(_ name: StaticString) -> HTTPField.Name {
        guard let known = HTTPField.Name(name.description) else { preconditionFailure("\(name) is not a field name") }
        return known
    }
}
