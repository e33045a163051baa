import JSON

/// A document for people: a line for each of its values, with the path that leads there.
struct Sheet {
    let lines: [String]

    init(_ document: JSONValue, width: Int? = nil) {
        var entries: [(path: String, value: String)] = []
        Self.collect(document, "", into: &entries)
        let indent = entries.map(\.path.count).max() ?? 0
        lines = entries.map { path, value in
            let line = path + String(repeating: " ", count: indent - path.count + 2) + value
            return width.map { line.cut(to: $0) } ?? line
        }
    }

    private static func collect(_ value: JSONValue, _ path: String, into entries: inout [(path: String, value: String)])
    {
        switch value {
        case .object(let members) where !members.isEmpty:
            for (name, member) in members {
                collect(member, path.isEmpty ? name.printable : "\(path).\(name.printable)", into: &entries)
            }
        case .array(let elements) where !elements.isEmpty:
            for (index, element) in elements.enumerated() { collect(element, "\(path)[\(index)]", into: &entries) }
        case .null, .object, .array: entries.append((path, "-"))
        case .string(let text): entries.append((path, text.isEmpty ? "-" : text.printable))
        case .bool, .number: entries.append((path, value.text))
        }
    }
}
