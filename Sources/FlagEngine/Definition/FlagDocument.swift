package import JSON

/// A flag by its key, not yet read.
package struct FlagDefinition: Sendable {
    package let key: String
    /// A flagd flag object.
    package let json: JSONValue
    /// Where it is known better than the definition's numbers tell: `jsonb` keeps `1.0` but makes `1e2` of `100`.
    package let valueType: FlagValueType?

    package init(key: String, json: JSONValue, valueType: FlagValueType? = nil) {
        (self.key, self.json, self.valueType) = (key, json, valueType)
    }
}

/// What a flagd document holds, not yet checked but for its outline.
package struct FlagDocument: Sendable {
    package var flags: [FlagDefinition]
    /// Rules that flags refer to by `{"$ref": name}`.
    package var evaluators: JSONValue
    package var metadata: JSONValue

    package init(flags: [FlagDefinition], evaluators: JSONValue = .null, metadata: JSONValue = .null) {
        (self.flags, self.evaluators, self.metadata) = (flags, evaluators, metadata)
    }

    /// As flagd has it.
    package var json: JSONValue {
        .object([
            "$schema": .string("https://flagd.dev/schema/v0/flags.json"),
            "flags": .object(JSONObject(flags.map { (key: $0.key, value: $0.json) })),
            "$evaluators": evaluators, "metadata": metadata,
        ])
    }

    /// flagd's JSON: `flags` is an object by keys, or an array of flags with a `key` each.
    package init(parsing text: [UInt8]) throws(FlagDocumentError) {
        func refusal(_ problem: String, _ pointer: JSONPointer = .root) -> FlagDocumentError {
            FlagDocumentError(faults: [FlagFault(severity: .error, pointer: pointer.text, problem: problem)])
        }
        guard text.count <= FlagLimits.documentBytes else {
            throw refusal("the document has \(text.count) bytes; it may have \(FlagLimits.documentBytes)")
        }
        let json: JSONValue
        do {
            json = try JSONValue(parsing: text, duplicates: .refused)
        } catch {
            throw refusal("the document is not JSON: \(error)")
        }
        guard case .object(let members) = json else { throw refusal("the document must be an object") }
        var flags: [FlagDefinition] = []
        switch members["flags"] {
        case .object(let byKey)?: flags = byKey.map { FlagDefinition(key: $0.key, json: $0.value) }
        case .array(let elements)?:
            for (index, element) in elements.enumerated() {
                guard case .object(let flag) = element, case .string(let key)? = flag["key"] else {
                    throw refusal("must be an object with a key", .root / "flags" / index)
                }
                flags.append(FlagDefinition(key: key, json: .object(flag.filter { $0.key != "key" })))
            }
        default: throw refusal("must be there, an object or an array", .root / "flags")
        }
        self.init(flags: flags, evaluators: members["$evaluators"] ?? .null, metadata: members["metadata"] ?? .null)
    }
}
