package import JSON

/// A route's settings as the JSON document that people and programs write.
package enum RouteDocument {
    private static let members: Set<String> = ["topic", "destination", "filters", "flag", "enabled"]

    /// Members that are left out have their defaults. Throws `InvalidDocument`.
    package static func settings(_ document: JSONValue, named name: String) throws -> RouteSettings {
        var reader = FieldReader()
        reader.checkName(name)
        guard case .object = document else {
            throw InvalidDocument(faults: [.init("", "the document must be an object")])
        }
        let members = reader.members(document, "", of: members)
        let pattern = TopicPattern(reader.requiredString(members["topic"], "topic", limit: Topic.lengths.upperBound))
        if pattern == nil, members["topic"] != nil { reader.refuse("topic", TopicPattern.rule) }
        let destination = reader.requiredString(members["destination"], "destination", limit: 63)
        let filters = reader.filters(members["filters"])
        let flag = flag(members["flag"], &reader)
        let isEnabled = reader.bool(members["enabled"], "enabled", default: true)
        guard let pattern, reader.faults.isEmpty else { throw InvalidDocument(faults: reader.faults) }
        var settings = RouteSettings(name: name, pattern: pattern, destination: destination)
        settings.filters = filters
        settings.flag = flag
        settings.isEnabled = isEnabled
        return settings
    }

    package static func document(_ settings: RouteSettings) -> JSONValue {
        .object([
            "topic": .string(settings.pattern.text), "destination": .string(settings.destination),
            "filters": .array(settings.filters.map(document)), "flag": settings.flag.map(document) ?? .null,
            "enabled": .bool(settings.isEnabled),
        ])
    }

    /// Of what was written by `filterText`.
    static func filters(_ text: String) -> [RouteFilter]? {
        guard let value = try? JSONValue(parsing: Array(text.utf8)) else { return nil }
        var reader = FieldReader()
        let filters = reader.filters(value)
        return reader.faults.isEmpty ? filters : nil
    }

    static func filterText(_ filters: [RouteFilter]) -> String {
        JSONValue.array(filters.map(document)).text
    }

    private static func document(_ filter: RouteFilter) -> JSONValue {
        let (name, value): (String, JSONValue) =
            switch filter.test {
            case .equals(let text): ("equals", .string(text))
            case .anyOf(let texts): ("any_of", .array(texts.map { .string($0) }))
            case .prefix(let text): ("prefix", .string(text))
            case .exists(let isWanted): ("exists", .bool(isWanted))
            }
        return .object(["field": .string(filter.field.text), name: value])
    }
}

extension FieldReader {
    fileprivate mutating func filters(_ value: JSONValue?) -> [RouteFilter] {
        elements(value, "filters", limit: RouteFilter.maximum).enumerated().compactMap { index, element in
            filter(element, "filters[\(index)]")
        }
    }

    private mutating func filter(_ value: JSONValue, _ path: String) -> RouteFilter? {
        let tests = ["equals", "any_of", "prefix", "exists"]
        let members = members(value, path, of: Set(tests + ["field"]))
        let name = requiredString(members["field"], path + ".field", limit: 262)
        let field = RouteFilter.Field(name)
        if field == nil, !name.isEmpty { refuse(path + ".field", RouteFilter.Field.rule) }
        let given = tests.filter { members[$0] != nil }
        guard given.count == 1, let word = given.first else {
            refuse(path, "must have exactly one of \(tests.joined(separator: ", "))")
            return nil
        }
        let test = test(word, members[word], path + "." + word)
        guard let field, let test else { return nil }
        return RouteFilter(field, test)
    }

    private mutating func test(_ word: String, _ value: JSONValue?, _ path: String) -> RouteFilter.Test? {
        switch word {
        case "equals": return string(value, path, limit: RouteFilter.valueLimit).map { .equals($0) }
        case "prefix": return string(value, path, limit: RouteFilter.valueLimit).map { .prefix($0) }
        case "exists": return .exists(bool(value, path, default: true))
        default:
            let values = elements(value, path, limit: RouteFilter.maximumValues)
            if case .array([]) = value { refuse(path, "must have a value") }
            return .anyOf(
                values.enumerated().compactMap { string($1, "\(path)[\($0)]", limit: RouteFilter.valueLimit) })
        }
    }
}
