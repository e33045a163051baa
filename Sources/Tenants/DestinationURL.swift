import JSON
import Model

extension FieldReader {
    /// An address that requests can be sent to.
    mutating func url(_ value: JSONValue?, _ path: String, hasQuery: Bool) -> String {
        let text = requiredString(value, path, limit: 2_048)
        if !text.isEmpty, let problem = Self.problem(ofURL: text, hasQuery: hasQuery) { refuse(path, problem) }
        return text
    }

    private static func problem(ofURL text: String, hasQuery: Bool) -> String? {
        guard text.utf8.allSatisfy({ 0x21...0x7e ~= $0 }) else {
            return "must be ASCII without blanks; names in other scripts as xn--..., other characters as %XX"
        }
        guard let scheme = ["http://", "https://"].first(where: { text.lowercased().hasPrefix($0) }),
            text.hasPrefix(scheme)
        else { return "must begin with http:// or https://" }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { !"/?#".contains($0) }
        if authority.contains("@") { return "must have no user name and password; auth is the place for them" }
        if text.contains("#") { return "must have no fragment" }
        if !hasQuery, text.contains("?") { return "must have no query" }
        return problem(ofAuthority: authority)
    }

    private static func problem(ofAuthority authority: Substring) -> String? {
        var host = authority
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            let digits = authority[authority.index(after: colon)...]
            guard digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let port = UInt16(digits), port > 0 else {
                return "must have a port from 1 to 65535, or none"
            }
            host = authority[..<colon]
        }
        let isAddress =
            host.hasPrefix("[") && host.hasSuffix("]") && host.contains(":")
            && IPAddress(host.dropFirst().dropLast()) != nil
        let isName =
            host.utf8.count <= 253
            && host.utf8.allSatisfy { byte in
                Character(Unicode.Scalar(byte)).isLetter || 0x30...0x39 ~= byte || ".-_".utf8.contains(byte)
            }
        return !host.isEmpty && (isAddress || isName)
            ? nil : "must have a host: a name, or an address, IPv6 in brackets"
    }
}
