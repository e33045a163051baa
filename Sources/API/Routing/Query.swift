import Foundation
package import Postgres

/// The parameters of a query, decoded.
package struct Query: Equatable, Sendable {
    private let values: [String: String]

    /// Throws a `Problem` where a name is not allowed or comes twice, or where an escape is none.
    package init(_ text: Substring, allowed: [String]) throws {
        var values: [String: String] = [:]
        for item in text.split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try Self.decode(parts[0])
            guard allowed.contains(name) else {
                let known = allowed.isEmpty ? "none" : allowed.joined(separator: ", ")
                throw Problem(
                    .invalidRequest, "There is no parameter \"\(name.prefix(80))\"; this resource takes \(known).")
            }
            guard values.updateValue(parts.count == 2 ? try Self.decode(parts[1]) : "", forKey: name) == nil else {
                throw Problem(.invalidRequest, "The parameter \(name) is given twice.")
            }
        }
        self.values = values
    }

    /// Reads the parameters of those names, and passes over others.
    init(lenient text: Substring, reading names: [String]) throws {
        let known = text.split(separator: "&").filter { item in names.contains { item.hasPrefix($0 + "=") } }
        try self.init(known.joined(separator: "&")[...], allowed: names)
    }

    private static func decode(_ text: Substring) throws -> String {
        guard let decoded = text.replacing("+", with: " ").removingPercentEncoding, !decoded.utf8.contains(0) else {
            throw Problem(.invalidRequest, "The query is not percent-encoded UTF-8.")
        }
        return decoded
    }

    /// All of them, by name.
    package var items: [(name: String, value: String)] {
        values.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }

    package subscript(name: String) -> String? { values[name] }

    /// The parameters but those, decoded, in one order whatever theirs was.
    func text(without names: [String]) -> String {
        values.filter { !names.contains($0.key) }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined()
    }

    /// Throws a `Problem` where the value is not a whole number of the range.
    package func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        try values[name].map { text in
            guard let number = Int(text), range.contains(number) else {
                throw Problem(
                    .invalidRequest, "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound).")
            }
            return number
        }
    }

    package func time(_ name: String) throws -> Timestamp? {
        try values[name].map { text in
            guard let time = Timestamp(rfc3339: text) else {
                throw Problem(.invalidRequest, "\(name) is not a time of RFC 3339.")
            }
            return time
        }
    }
}
