extension JSONValue {
    /// What may become of names that an object has more than once.
    package enum Duplicates {
        case lastCounts, refused
    }

    /// Throws a `JSONError` where the text is not JSON, or deeper than `JSONScanner.maximumDepth`.
    package init(parsing text: [UInt8], duplicates: Duplicates = .lastCounts) throws {
        var scanner = try JSONScanner(text)
        self = try scanner.value(duplicates: duplicates)
        try scanner.requireEnd()
    }

    /// Members in the order of their names. What was computed and is not finite becomes null.
    package var text: String { JSONWriter.text { $0.value(self) } }
}

extension JSONScanner {
    package mutating func value(duplicates: JSONValue.Duplicates = .lastCounts) throws -> JSONValue {
        switch next() {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"):
            var members: [JSONObject.Member] = []
            try object { scanner, name in members.append((name, try scanner.value(duplicates: duplicates))) }
            let object = JSONObject(members)
            guard duplicates == .lastCounts || object.count == members.count else {
                throw error("a name stands twice in the object that ends here")
            }
            return .object(object)
        case UInt8(ascii: "["):
            var elements: [JSONValue] = []
            try array { elements.append(try $0.value(duplicates: duplicates)) }
            return .array(elements)
        case let first:
            let text = String(decoding: copy(try skip()), as: UTF8.self)
            switch first {
            case UInt8(ascii: "t"): return .bool(true)
            case UInt8(ascii: "f"): return .bool(false)
            case UInt8(ascii: "n"): return .null
            default: return .number(JSONNumber(lexeme: text))
            }
        }
    }
}

extension JSONWriter {
    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let bool): self.bool(bool)
        case .number(let number): json(number.json)
        case .string(let text): string(text)
        case .array(let elements): array { for element in elements { $0.value(element) } }
        case .object(let members):
            object { writer in
                for (name, value) in members {
                    writer.name(name)
                    writer.value(value)
                }
            }
        }
    }
}
