package import JSON

extension RolloutPlan {
    private static let members: Set<String> = ["control", "treatment", "unit", "keep_seed", "steps", "guard"]
    /// Bytes of a variant's name.
    private static let variantLimit = 256
    private static let unitLimit = 128

    /// As people and programs write it; members that are left out have their defaults. Throws `InvalidDocument`.
    package init(_ document: JSONValue) throws {
        guard case .object = document else {
            throw InvalidDocument(faults: [.init("", "the document must be an object")])
        }
        var reader = FieldReader()
        let members = reader.members(document, "", of: Self.members)
        let control = reader.requiredString(members["control"], "control", limit: Self.variantLimit)
        let treatment = reader.requiredString(members["treatment"], "treatment", limit: Self.variantLimit)
        let unit = reader.string(members["unit"], "unit", limit: Self.unitLimit)
        for (path, text) in [("control", control), ("treatment", treatment), ("unit", unit ?? "")]
        where text.utf8.contains(0) { reader.refuse(path, "must not have a zero byte") }
        if control == treatment, !control.isEmpty { reader.refuse("treatment", "must be another variant than control") }
        let protection = reader.protection(members["guard"])
        let steps = reader.steps(members["steps"], minimum: protection.minimum)
        self.init(control: control, treatment: treatment, steps: steps)
        if let unit { self.unit = unit }
        keepsSeed = reader.bool(members["keep_seed"], "keep_seed", default: keepsSeed)
        self.protection = protection
        guard reader.faults.isEmpty else { throw InvalidDocument(faults: reader.faults) }
    }
}

extension FieldReader {
    private static let minimums: ClosedRange<Int32> = 1...1_000_000
    /// Thirty days.
    private static let holds: ClosedRange<Int32> = 1...2_592_000

    fileprivate mutating func steps(_ value: JSONValue?, minimum: Int32) -> [RolloutPlan.Step] {
        let steps = elements(value, "steps", limit: RolloutPlan.Step.limit).enumerated().map {
            step($1, "steps[\($0)]", minimum: minimum)
        }
        if value == nil || value == .array([]) { refuse("steps", "must have a step") }
        for (index, pair) in zip(steps, steps.dropFirst()).enumerated() where pair.1.weight <= pair.0.weight {
            refuse("steps[\(index + 1)].weight", "must be more than that of the step before")
        }
        return steps
    }

    private mutating func step(_ value: JSONValue, _ path: String, minimum: Int32) -> RolloutPlan.Step {
        let members = members(value, path, of: ["weight", "hold_s", "min_n", "approval"])
        if members["weight"] == nil { refuse(path + ".weight", "is missing") }
        var step = RolloutPlan.Step(weight: 0, minimum: minimum)
        step.weight = integer(members["weight"], path + ".weight", in: RolloutPlan.Step.weights, default: step.weight)
        step.hold = integer(members["hold_s"], path + ".hold_s", in: Self.holds, default: step.hold)
        step.minimum = integer(members["min_n"], path + ".min_n", in: Self.minimums, default: minimum)
        step.needsApproval = bool(members["approval"], path + ".approval", default: step.needsApproval)
        return step
    }

    fileprivate mutating func protection(_ value: JSONValue?) -> RolloutGuard {
        var read = RolloutGuard()
        let members = members(value, "guard", of: ["mode", "alpha", "tau", "min_n", "max_age_s"])
        read.mode = word(members["mode"], "guard.mode", default: read.mode)
        read.alpha = number(members["alpha"], "guard.alpha", in: 0.0001...0.5, default: read.alpha)
        read.tau = number(members["tau"], "guard.tau", in: 0.001...0.5, default: read.tau)
        read.minimum = integer(members["min_n"], "guard.min_n", in: Self.minimums, default: read.minimum)
        read.maximumAge = integer(members["max_age_s"], "guard.max_age_s", in: 10...86_400, default: read.maximumAge)
        return read
    }

    private mutating func number(
        _ value: JSONValue?, _ path: String, in range: ClosedRange<Double>, default standard: Double
    ) -> Double {
        guard let value else { return standard }
        guard case .number(let number) = value, range.contains(number.value) else {
            refuse(path, "must be a number from \(range.lowerBound) to \(range.upperBound)")
            return standard
        }
        return number.value
    }
}
