import FlagEngine
import JSON
import Model

extension RouteDocument {
    private static let members: Set<String> = ["key", "environment", "otherwise", "attributes"]
    /// Those that every context has.
    private static let taken: Set<String> = [
        "tenant", "environment", "topic", "destination", "ordering_key", "targetingKey", "method", "path", "$flagd",
    ]

    static func flag(_ value: JSONValue?, _ reader: inout FieldReader) -> RouteFlag? {
        guard let value, value != .null else { return nil }
        let members = reader.members(value, "flag", of: members)
        let key = reader.requiredString(members["key"], "flag.key", limit: FlagLimits.keyBytes)
        if !key.isEmpty, !FlagKey.isValid(key) { reader.refuse("flag.key", "is no key of a flag") }
        let environment = reader.string(members["environment"], "flag.environment", limit: 63)
        if let environment, !environment.isSlug { reader.refuse("flag.environment", "is no name of an environment") }
        return RouteFlag(
            key, in: environment ?? FlagEnvironment.standard,
            otherwise: reader.word(members["otherwise"], "flag.otherwise", default: .deliver),
            attributes: attributes(members["attributes"], &reader))
    }

    private static func attributes(_ value: JSONValue?, _ reader: inout FieldReader) -> [String: RouteFlag.Source] {
        guard let value else { return [:] }
        guard case .object(let members) = value, members.count <= RouteFlag.maximumAttributes else {
            reader.refuse("flag.attributes", "must be an object of \(RouteFlag.maximumAttributes) members at most")
            return [:]
        }
        var attributes: [String: RouteFlag.Source] = [:]
        for (name, value) in members {
            let path = "flag.attributes.\(name.prefix(80))"
            guard 1...128 ~= name.utf8.count, !name.utf8.contains(0), !taken.contains(name) else {
                reader.refuse(path, "must have a name of 1 to 128 bytes that the gateway does not give itself")
                continue
            }
            let text = reader.string(value, path, limit: 1_024)
            guard let source = text.flatMap({ RouteFlag.Source($0) }) else {
                if text != nil { reader.refuse(path, RouteFlag.Source.rule) }
                continue
            }
            attributes[name] = source
        }
        return attributes
    }

    static func document(_ flag: RouteFlag) -> JSONValue {
        .object([
            "key": .string(flag.key), "environment": .string(flag.environment),
            "otherwise": .string(flag.otherwise.rawValue),
            "attributes": .object(
                JSONObject(flag.attributes.map { (key: $0.key, value: .string($0.value.text)) })),
        ])
    }

    /// Of what was written as the document above; nil where it is of a later version.
    static func storedFlag(_ text: String) -> RouteFlag? {
        var reader = FieldReader()
        let flag = flag(FlagSetContents.value(text), &reader)
        return reader.faults.isEmpty ? flag : nil
    }
}
