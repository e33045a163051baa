import JSON

/// What an evaluation may still spend. Every rule that is reached costs a step; what works through a value pays for its
/// size, so that neither time nor memory can grow without end.
struct StepBudget {
    /// Bytes of a text for a step: at memory's speed they cost about as much as reaching a rule.
    private static let bytesPerStep = 256
    /// Levels of a computed value: far more than a rule and a context have together, and recursion must end somewhere.
    private static let maximumDepth = 256

    private(set) var remaining: Int

    init(_ steps: Int) { remaining = steps }

    mutating func spend(_ steps: Int = 1) throws(LogicError) {
        remaining -= steps
        if remaining < 0 { throw .tooManySteps }
    }

    /// Pays for the whole of a value.
    mutating func spend(for value: JSONValue, depth: Int = 0) throws(LogicError) {
        switch value {
        case .null, .bool, .number: break
        case .string(let text): try spend(text.utf8.count / Self.bytesPerStep)
        case .array(let elements):
            guard depth < Self.maximumDepth else { throw .tooManySteps }
            try spend(elements.count)
            for element in elements { try spend(for: element, depth: depth + 1) }
        case .object(let members):
            guard depth < Self.maximumDepth else { throw .tooManySteps }
            try spend(members.count)
            for (_, value) in members { try spend(for: value, depth: depth + 1) }
        }
    }
}
