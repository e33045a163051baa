/// What is wrong with a scenario file, and where.
package struct ScenarioError: Error, Hashable, CustomStringConvertible {
    /// `steps[3].times`; empty for the whole file.
    package let place: String
    package let message: String

    package var description: String { place.isEmpty ? message : "\(place): \(message)" }

    init(_ error: any Error) {
        guard let error = error as? DecodingError else {
            (place, message) = ("", "\(error)")
            return
        }
        switch error {
        case .keyNotFound(let key, let context):
            place = Self.place(context.codingPath)
            message = "\(key.stringValue) is missing"
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            place = Self.place(context.codingPath)
            message = "is not \(Self.name(type))"
        case .dataCorrupted(let context):
            place = Self.place(context.codingPath)
            message = context.debugDescription
        @unknown default: (place, message) = ("", "\(error)")
        }
    }

    private static func place(_ path: [any CodingKey]) -> String {
        path.reduce(into: "") { text, key in
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + key.stringValue
            }
        }
    }

    private static func name(_ type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is Int.Type, is Int64.Type: "a whole number"
        case is Double.Type: "a number"
        case is [Any].Type: "an array"
        default: "an object"
        }
    }
}

private struct AnyKey: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { return nil }
}

extension Decoder {
    /// A container that has no other keys than those of the type: a misspelt one would be passed over in silence.
    func strictContainer<Key: CodingKey & CaseIterable>(keyedBy: Key.Type) throws -> KeyedDecodingContainer<Key> {
        let allowed = Key.allCases.map(\.stringValue)
        let found = try container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
        if let unknown = found.filter({ !allowed.contains($0) }).min() {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: codingPath,
                    debugDescription: "has an unknown key \"\(unknown)\"; allowed: \(allowed.joined(separator: ", "))"))
        }
        return try container(keyedBy: Key.self)
    }
}

extension KeyedDecodingContainer {
    /// A value that stands for a case.
    func word<Word: RawRepresentable<String> & CaseIterable>(_: Word.Type, forKey key: Key) throws -> Word? {
        guard let text = try decodeIfPresent(String.self, forKey: key) else { return nil }
        guard let word = Word(rawValue: text) else {
            throw invalid(key, "\"\(text)\"", Word.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return word
    }

    func invalid(_ key: Key, _ found: String, _ allowed: String) -> DecodingError {
        .dataCorruptedError(forKey: key, in: self, debugDescription: "is \(found); allowed: \(allowed)")
    }
}
