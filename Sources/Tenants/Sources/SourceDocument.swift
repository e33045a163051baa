package import JSON

/// A source's settings as the JSON document that people and programs write. Secrets are written only: they read as
/// `{"set": true}`, and sent back so they stay.
package enum SourceDocument {
    private static let members: Set<String> = [
        "destination", "topic", "scheme", "secrets", "tolerance_s", "enabled",
    ]

    /// Members that are left out have their defaults. Throws `InvalidDocument`.
    ///
    /// - Parameter stored: whose secrets may be kept.
    package static func settings(
        _ document: JSONValue, named name: String, over stored: SourceSettings? = nil
    ) throws -> SourceSettings {
        var reader = FieldReader()
        reader.checkName(name)
        guard case .object = document else {
            throw InvalidDocument(faults: [.init("", "the document must be an object")])
        }
        let members = reader.members(document, "", of: members)
        if members["scheme"] == nil { reader.refuse("scheme", "is missing") }
        let scheme = reader.word(members["scheme"], "scheme", default: SignatureScheme.standardWebhooks)
        let target = reader.target(members)
        let secrets = reader.secrets(members["secrets"], scheme, stored: stored?.scheme == scheme ? stored : nil)
        let tolerance = reader.integer(
            members["tolerance_s"], "tolerance_s",
            in: Int32(SourceSettings.tolerances.lowerBound)...Int32(SourceSettings.tolerances.upperBound), default: 300)
        let isEnabled = reader.bool(members["enabled"], "enabled", default: true)
        guard let target, reader.faults.isEmpty else { throw InvalidDocument(faults: reader.faults) }
        var settings = SourceSettings(name: name, target: target, scheme: scheme)
        settings.secrets = secrets
        settings.toleranceSeconds = tolerance
        settings.isEnabled = isEnabled
        return settings
    }

    /// What `settings(_:named:over:)` reads, without secrets.
    package static func document(_ settings: SourceSettings) -> JSONValue {
        var members: JSONObject = [
            "scheme": .string(settings.scheme.rawValue), "tolerance_s": .number(JSONNumber(settings.toleranceSeconds)),
            "enabled": .bool(settings.isEnabled),
            "secrets": .array(
                settings.secrets.map { .object(["id": .string($0.id), "secret": .object(["set": .bool(true)])]) }),
        ]
        switch settings.target {
        case .destination(let name): members["destination"] = .string(name)
        case .topic(let topic): members["topic"] = .string(topic.text)
        }
        return .object(members)
    }

    /// A JSON merge patch. A destination takes the place of a topic, and a topic that of a destination.
    package static func patched(_ document: JSONValue, by patch: JSONValue) -> JSONValue {
        guard case .object(var members) = document, case .object(let changes) = patch else { return patch }
        if let topic = changes["topic"], topic != .null { members["destination"] = nil }
        if let destination = changes["destination"], destination != .null { members["topic"] = nil }
        return JSONValue.object(members).merging(patch)
    }
}

extension FieldReader {
    fileprivate mutating func target(_ members: JSONObject) -> SourceSettings.Target? {
        guard (members["destination"] == nil) != (members["topic"] == nil) else {
            refuse("", "exactly one of destination and topic must be given")
            return nil
        }
        if let destination = members["destination"] {
            return string(destination, "destination", limit: 63).map { .destination($0) }
        }
        guard let text = string(members["topic"], "topic", limit: Topic.lengths.upperBound) else { return nil }
        guard let topic = Topic(text) else {
            refuse("topic", Topic.rule)
            return nil
        }
        return .topic(topic)
    }

    fileprivate mutating func secrets(
        _ value: JSONValue?, _ scheme: SignatureScheme, stored: SourceSettings?
    ) -> [SourceSecret] {
        let elements = elements(value, "secrets", limit: SourceSecret.maximum)
        if elements.isEmpty { refuse("secrets", "must have one, or two while one replaces the other") }
        var (secrets, ids): ([SourceSecret], Set<String>) = ([], [])
        for (index, element) in elements.enumerated() {
            let path = "secrets[\(index)]"
            let members = members(element, path, of: ["id", "secret"])
            let id = requiredString(members["id"], path + ".id", limit: 64)
            if !ids.insert(id).inserted { refuse(path + ".id", "is another secret's too") }
            let known = stored?.secrets.first { $0.id == id }?.text
            let text = secret(members["secret"], path + ".secret", stored: known, limit: 255)
            if let secret = SourceSecret(id: id, scheme: scheme, text: text) {
                secrets.append(secret)
            } else if !text.isEmpty {
                refuse(path + ".secret", SourceSecret.rule(scheme))
            }
        }
        return secrets
    }
}
