import JSON

/// Reads flagd flag objects and notes what is wrong with them. What is refused has no flag.
struct FlagReader {
    private static let members: Set<String> = ["state", "variants", "defaultVariant", "targeting", "metadata"]

    /// Of the whole set.
    let metadata: JSONObject
    let evaluators: [RuleCompiler.Evaluator]
    var faults: FlagFaults
    private(set) var readsTime = false

    mutating func flag(_ definition: FlagDefinition) -> Flag? {
        let pointer = JSONPointer.root / "flags" / definition.key
        guard FlagKey.isValid(definition.key) else {
            faults.refuse(
                pointer,
                "is no key: it must be 1 to \(FlagLimits.keyBytes) of letters, digits, dot, underscore and dash, "
                    + "and begin with a letter or digit")
            return nil
        }
        guard case .object(let members) = definition.json else {
            faults.refuse(pointer, "must be an object")
            return nil
        }
        guard Self.fits(definition.json, pointer, &faults) else { return nil }
        for name in members.keys where !Self.members.contains(name) {
            faults.add(
                .violation, pointer / name, "is unknown; there are \(Self.members.sorted().joined(separator: ", "))")
        }
        let state = state(members["state"], pointer / "state")
        guard let variants = variants(members["variants"], pointer / "variants") else { return nil }
        let defaultVariant = defaultVariant(members["defaultVariant"], of: variants, pointer / "defaultVariant")
        let type = definition.valueType ?? type(of: variants, defaultVariant, pointer / "variants")
        return Flag(
            key: definition.key, isEnabled: state,
            variants: JSONObject(variants.map { ($0.key, type.written($0.value)) }), defaultVariant: defaultVariant,
            targeting: targeting(members["targeting"], pointer / "targeting"), valueType: type,
            metadata: metadata.overlaid(by: faults.metadata(members["metadata"], pointer / "metadata")))
    }

    /// Within the limits of size and depth.
    static func fits(_ json: JSONValue, _ pointer: JSONPointer, _ faults: inout FlagFaults) -> Bool {
        guard json.depth <= FlagLimits.depth else {
            faults.refuse(pointer, "has more than \(FlagLimits.depth) levels")
            return false
        }
        let bytes = json.text.utf8.count
        guard bytes <= FlagLimits.definitionBytes else {
            faults.refuse(pointer, "has \(bytes) bytes; it may have \(FlagLimits.definitionBytes)")
            return false
        }
        return true
    }

    private mutating func state(_ value: JSONValue?, _ pointer: JSONPointer) -> Bool {
        switch value {
        case .string("ENABLED")?: return true
        case .string("DISABLED")?: return false
        default:
            faults.refuse(pointer, "must be ENABLED or DISABLED")
            return false
        }
    }

    private mutating func variants(_ value: JSONValue?, _ pointer: JSONPointer) -> JSONObject? {
        guard case .object(let variants)? = value, 1...FlagLimits.variants ~= variants.count else {
            faults.refuse(pointer, "must be an object of 1 to \(FlagLimits.variants) variants")
            return nil
        }
        for (name, value) in variants {
            if name.utf8.count > FlagLimits.nameBytes {
                faults.refuse(pointer / name, "has a longer name than \(FlagLimits.nameBytes) bytes")
            }
            if name.isEmpty { faults.add(.violation, pointer / name, "has no name, so nothing can choose it") }
            if case .number(let number) = value { check(number, pointer / name) }
        }
        return variants
    }

    private mutating func check(_ number: JSONNumber, _ pointer: JSONPointer) {
        if !number.value.isFinite { faults.refuse(pointer, "is beyond what a double can hold") }
        if number.isWrittenAsInteger, number.value.magnitude >= 0x1p53 {
            faults.add(.advice, pointer, "is beyond 2^53 - 1, so that most clients round it")
        }
    }

    private mutating func type(
        of variants: JSONObject, _ defaultVariant: String?, _ pointer: JSONPointer
    ) -> FlagValueType {
        if let type = FlagValueType.common(variants.map(\.value)) { return type }
        faults.add(.violation, pointer, "must all be boolean, string, number or object")
        let telling = defaultVariant.flatMap { variants[$0] } ?? variants.first?.value ?? .null
        return FlagValueType(telling) ?? .object
    }

    private mutating func defaultVariant(
        _ value: JSONValue?, of variants: JSONObject, _ pointer: JSONPointer
    ) -> String? {
        switch value {
        case nil, .null?, .string("")?:
            faults.add(.advice, pointer, "is missing: some clients take an answer without value for an error")
            return nil
        case .string(let name)? where variants[name] != nil: return name
        case .string(let name)?: faults.refuse(pointer, "names no variant: \"\(name.prefix(80))\"")
        default: faults.refuse(pointer, "must be the name of a variant, or null")
        }
        return nil
    }

    private mutating func targeting(_ value: JSONValue?, _ pointer: JSONPointer) -> Flag.Targeting {
        switch value {
        case nil, .null?: return .none
        case .object(let members)? where members.isEmpty: return .none
        case .object?:
            var compiler = RuleCompiler(evaluators: evaluators, faults: faults)
            let rule = compiler.rule(value ?? .null, pointer)
            faults = compiler.faults
            readsTime = readsTime || compiler.readsTime
            if compiler.nodes > FlagLimits.ruleNodes {
                faults.refuse(pointer, "has \(compiler.nodes) nodes; it may have \(FlagLimits.ruleNodes)")
            }
            return .rule(rule)
        default:
            faults.add(.violation, pointer, "must be an object; the flag fails with PARSE_ERROR")
            return .invalid
        }
    }
}
