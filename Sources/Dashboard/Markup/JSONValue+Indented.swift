import JSON

extension JSONValue {
    /// For reading: a member or element a line.
    var indented: String { indented("") }

    private func indented(_ margin: String) -> String {
        let inner = margin + "  "
        switch self {
        case .array(let elements) where !elements.isEmpty:
            return "[\n" + elements.map { inner + $0.indented(inner) }.joined(separator: ",\n") + "\n\(margin)]"
        case .object(let members) where !members.isEmpty:
            let lines = members.map { inner + JSONValue.string($0.key).text + ": " + $0.value.indented(inner) }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(margin)}"
        default: return text
        }
    }

    func member(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    /// Of a string; of other values their JSON.
    var words: String {
        switch self {
        case .string(let text): text
        case .null: ""
        default: self.text
        }
    }
}
