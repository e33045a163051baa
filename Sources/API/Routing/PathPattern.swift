/// A path with places for names: `/v1/requests/{id}`. Paths are compared byte for byte, without decoding.
package struct PathPattern: Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    enum Segment: Hashable, Sendable {
        case literal(Substring)
        case parameter(Substring)
    }

    let segments: [Segment]

    package init(_ text: String) {
        segments = Self.split(text[...]).map { segment in
            segment.first == "{" ? .parameter(segment.dropFirst().dropLast()) : .literal(segment)
        }
    }

    package init(stringLiteral text: String) { self.init(text) }

    package var description: String {
        segments.map { segment in
            switch segment {
            case .literal(let text): "/\(text)"
            case .parameter(let name): "/{\(name)}"
            }
        }.joined()
    }

    /// What lies between the slashes, the first of which a path begins with; nothing where it doesn't.
    package static func split(_ path: Substring) -> [Substring] {
        guard path.utf8.first == UInt8(ascii: "/") else { return [] }
        return path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    }

    /// The values of the parameters by their names; nil where the path is another. A parameter is never empty.
    package func match(_ path: [Substring]) -> [Substring: Substring]? {
        guard path.count == segments.count else { return nil }
        var values: [Substring: Substring] = [:]
        for (segment, part) in zip(segments, path) {
            switch segment {
            case .literal(let text): guard text.utf8.elementsEqual(part.utf8) else { return nil }
            case .parameter(let name):
                guard !part.isEmpty else { return nil }
                values[name] = part
            }
        }
        return values
    }
}
