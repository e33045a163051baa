import Tenants

/// What a capture's request target says: `/in/{destination}{path}?{query}`, percent-encoding untouched.
struct CaptureTarget: Equatable {
    static let prefix = "/in/"

    /// A destination's name, or a source's token with its mark.
    let destination: Substring
    /// Empty, or begins with a slash.
    let path: Substring
    let query: Substring?

    /// `target` begins with the prefix.
    init(_ target: String) {
        let rest = target.utf8.dropFirst(Self.prefix.utf8.count)
        let mark = rest.firstIndex(of: UInt8(ascii: "?"))
        let wholePath = rest[..<(mark ?? rest.endIndex)]
        let slash = wholePath.firstIndex(of: UInt8(ascii: "/")) ?? wholePath.endIndex
        destination = Substring(wholePath[..<slash])
        path = Substring(wholePath[slash...])
        query = mark.map { Substring(rest[rest.index(after: $0)...]) }
    }

    /// nil where it is a destination's name.
    var sourceToken: Substring? { destination.first == SourceToken.mark ? destination.dropFirst() : nil }

    /// RFC 3986 has neither white space, control characters nor a fragment in a target; the parser lets some of them
    /// through. Bytes that were not UTF-8 have become U+FFFD and can't be kept as they came.
    static func isClean(_ target: String) -> Bool {
        !target.utf8.contains { $0 <= 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "#") } && !target.isLossy
    }

    /// Throws a `Problem`.
    static func requireClean(_ target: String) throws {
        guard isClean(target) else {
            throw Problem(.invalidRequest, "The URL has bytes that must be percent-encoded.")
        }
    }
}

extension StringProtocol {
    /// Whether it has a U+FFFD, which stands for bytes that were not UTF-8.
    var isLossy: Bool { utf8.contains(0xef) && unicodeScalars.contains("\u{fffd}") }
}
