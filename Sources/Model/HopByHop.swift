/// Fields that belong to one connection and are neither stored nor forwarded (RFC 9110, section 7.6.1), and those that
/// the delivery's own connection sets.
package enum HopByHop {
    private static let names: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade", "http2-settings", "host", "content-length", "expect",
    ]

    /// `name` in lower case.
    package static func contains(_ name: String) -> Bool { names.contains(name) }

    /// The further names that a Connection field lists, in lower case.
    package static func named(by connection: String) -> [String] {
        connection.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
    }
}
