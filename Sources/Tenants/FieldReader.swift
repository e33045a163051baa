import JSON
import Model

/// What a document must be and is not: all of it at once.
package struct InvalidDocument: Error, Sendable, CustomStringConvertible {
    package struct Fault: Sendable, Hashable {
        /// Of the member, as `signing_keys[1].secret`; empty: the whole document.
        package let path: String
        /// What was wrong and what is allowed.
        package let problem: String

        package init(_ path: String, _ problem: String) {
            self.path = path
            self.problem = problem
        }
    }

    package let faults: [Fault]

    package init(faults: [Fault]) { self.faults = faults }

    package var description: String {
        faults.map { $0.path.isEmpty ? $0.problem : "\($0.path) \($0.problem)" }.joined(separator: "; ")
    }
}

/// Reads values of a document and notes what is wrong with them, so that one reading finds everything. A value at fault
/// reads as its default.
struct FieldReader {
    private(set) var faults: [InvalidDocument.Fault] = []

    mutating func refuse(_ path: String, _ problem: String) { faults.append(.init(path, problem)) }

    /// The object's members but those that are null; unknown ones are refused by name.
    mutating func members(_ value: JSONValue?, _ path: String, of names: Set<String>) -> JSONObject {
        guard let value, value != .null else { return [:] }
        guard case .object(let members) = value else {
            refuse(path, "must be an object")
            return [:]
        }
        for name in members.keys.sorted() where !names.contains(name) {
            refuse(Self.join(path, name), "is unknown; there are \(names.sorted().joined(separator: ", "))")
        }
        return members.filter { $0.value != .null && names.contains($0.key) }
    }

    mutating func elements(_ value: JSONValue?, _ path: String, limit: Int) -> [JSONValue] {
        guard let value, value != .null else { return [] }
        guard case .array(let elements) = value else {
            refuse(path, "must be an array")
            return []
        }
        guard elements.count <= limit else {
            refuse(path, "has \(elements.count) elements; it may have \(limit)")
            return []
        }
        return elements
    }

    mutating func integer<T: BinaryInteger>(
        _ value: JSONValue?, _ path: String, in range: ClosedRange<T>, default standard: T
    ) -> T {
        guard let value else { return standard }
        guard case .number(let number) = value, let exact = Int64(exactly: number.value),
            let integer = T(exactly: exact),
            range.contains(integer)
        else {
            refuse(path, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return standard
        }
        return integer
    }

    mutating func string(_ value: JSONValue?, _ path: String, limit: Int) -> String? {
        guard let value else { return nil }
        guard case .string(let text) = value, 1...limit ~= text.utf8.count else {
            refuse(path, "must be a string of 1 to \(limit) bytes")
            return nil
        }
        return text
    }

    mutating func requiredString(_ value: JSONValue?, _ path: String, limit: Int) -> String {
        if value == nil { refuse(path, "is missing") }
        return string(value, path, limit: limit) ?? ""
    }

    mutating func word<Word: RawRepresentable & CaseIterable>(
        _ value: JSONValue?, _ path: String, default standard: Word
    ) -> Word where Word.RawValue == String {
        guard let value else { return standard }
        if case .string(let text) = value, let word = Word(rawValue: text) { return word }
        refuse(path, "must be one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
        return standard
    }

    /// A secret is written as a string and read as `{"set": true}`, which stands for the stored one when it is sent back.
    mutating func secret(_ value: JSONValue?, _ path: String, stored: String?, limit: Int) -> String {
        guard case .object(let members) = value else { return requiredString(value, path, limit: limit) }
        guard members == ["set": .bool(true)] else {
            refuse(path, #"must be a string, or {"set": true} to keep what is stored"#)
            return ""
        }
        if stored == nil { refuse(path, "is not stored, so it can't be kept: give its value") }
        return stored ?? ""
    }

    mutating func bool(_ value: JSONValue?, _ path: String, default standard: Bool) -> Bool {
        guard let value else { return standard }
        guard case .bool(let bool) = value else {
            refuse(path, "must be true or false")
            return standard
        }
        return bool
    }

    /// Of what the document is about.
    mutating func checkName(_ name: String) {
        guard !name.isSlug else { return }
        refuse("name", "must be 1 to 63 of a-z, 0-9, dot, underscore and dash, and begin with a letter or digit")
    }

    static func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : path + "." + name }
}
