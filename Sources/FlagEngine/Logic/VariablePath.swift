import JSON

/// What `var` names: members of objects and elements of arrays, from the outside in.
struct VariablePath: Sendable {
    struct Step: Sendable {
        let name: String
        /// Where the name is an index in its only form: no sign, no leading zero.
        let index: Int?

        init(_ name: Substring) {
            self.name = String(name)
            index = Int(name).flatMap { "\($0)" == name && $0 >= 0 ? $0 : nil }
        }
    }

    /// Empty: the whole data.
    let steps: [Step]

    /// `null` and `""` name the whole data.
    init(_ name: JSONValue) {
        let text = name == .null ? "" : Coercion.text(name)
        steps = text.isEmpty ? [] : text.split(separator: ".", omittingEmptySubsequences: false).map(Step.init)
    }

    /// Nil where there is nothing of the name. Arrays and strings have a `length`, as in JavaScript.
    static func member(_ step: Step, of value: JSONValue) -> JSONValue? {
        switch value {
        case .object(let members): members[step.name]
        case .array(let elements):
            if let index = step.index {
                index < elements.count ? elements[index] : nil
            } else {
                step.name == "length" ? .number(JSONNumber(elements.count)) : nil
            }
        case .string(let text):
            if let index = step.index {
                character(index, of: text).map { .string($0) }
            } else {
                step.name == "length" ? .number(JSONNumber(text.utf16.count)) : nil
            }
        case .null, .bool, .number: nil
        }
    }

    private static func character(_ index: Int, of text: String) -> String? {
        guard let unit = text.utf16.dropFirst(index).first else { return nil }
        return String(decoding: CollectionOfOne(unit), as: UTF16.self)
    }
}
