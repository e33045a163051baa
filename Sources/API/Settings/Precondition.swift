import HTTPTypes

/// What a change shall be made to (RFC 9110, section 13): ETags are the versions of what is changed.
struct Precondition: Equatable {
    enum Tags: Equatable {
        case any
        case versions([Int64])
    }

    private let match: Tags?
    private let isNew: Bool

    /// Throws a `Problem` for fields that can't be understood, which must not be passed over.
    init(_ fields: HTTPFields) throws {
        match = try fields[.ifMatch].map(Self.tags)
        guard let none = fields[.ifNoneMatch] else {
            isNew = false
            return
        }
        guard try Self.tags(none) == .any, match == nil else {
            throw Problem(.invalidRequest, "If-None-Match takes * only, and no If-Match beside it.")
        }
        isNew = true
    }

    /// The version to expect of what is replaced; 0: there is none, and there must be none. What is there can't be
    /// replaced by who does not say that he knows of it.
    func version(replacing current: Int64) throws -> Int64 {
        if isNew && current != 0 { throw Problem(.preconditionFailed, "There is one of this name.") }
        if current == 0 {
            guard match == nil else { throw Problem(.preconditionFailed, "There is none of this name.") }
            return 0
        }
        guard match != nil else {
            throw Problem(
                .preconditionRequired,
                "There is one of this name: give If-Match with its ETag, or * to replace whatever it is.")
        }
        return try version(changing: current)
    }

    /// The version to expect of what is there.
    func version(changing current: Int64) throws -> Int64 {
        if case .versions(let versions)? = match, !versions.contains(current) {
            throw Problem(.preconditionFailed, "It has been changed meanwhile: its ETag is \"\(current)\".")
        }
        if isNew { throw Problem(.preconditionFailed, "There is one of this name.") }
        return current
    }

    /// Weak tags match nothing here, and neither does what is no version.
    private static func tags(_ text: String) throws -> Tags {
        let items = text.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
        if items == ["*"] { return .any }
        guard !items.isEmpty,
            items.allSatisfy({ ($0.hasPrefix("\"") || $0.hasPrefix("W/\"")) && $0.hasSuffix("\"") && $0.count > 1 })
        else { throw Problem(.invalidRequest, "If-Match and If-None-Match take * or tags in quotes.") }
        return .versions(items.compactMap { Int64($0.dropFirst().dropLast()) })
    }
}
