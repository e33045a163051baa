import JSON

/// Makes rules of JSON: names become operators, paths are split, what is constant is computed once, and evaluators take the
/// place of references to them. What is not right is noted with its path; it fails, if ever, where it is evaluated.
struct RuleCompiler {
    /// Without a reference in it: they don't nest, so there are no circles.
    struct Evaluator {
        let name: String
        let rule: Rule
        let nodes: Int
        let readsTime: Bool
    }

    /// Nil while evaluators themselves are compiled.
    let evaluators: [Evaluator]?
    var faults: FlagFaults
    private(set) var nodes = 0
    /// Whether a result may depend on `$flagd.timestamp`.
    private(set) var readsTime = false

    init(evaluators: [Evaluator]?, faults: FlagFaults) {
        (self.evaluators, self.faults) = (evaluators, faults)
    }

    mutating func rule(_ json: JSONValue, _ pointer: JSONPointer) -> Rule {
        nodes += 1
        switch json {
        case .array(let elements):
            let rules = elements.enumerated().map { rule($1, pointer / $0) }
            return folded(.list(rules), if: rules)
        case .object(let members):
            guard members.count == 1, let (name, argument) = members.first else { return .literal(json) }
            if name == "$ref", case .string(let evaluator) = argument { return reference(to: evaluator, pointer) }
            let pointer = pointer / name
            guard case .array(let arguments) = argument else {
                return operation(name, [rule(argument, pointer)], pointer)
            }
            return operation(name, arguments.enumerated().map { rule($1, pointer / $0) }, pointer)
        default: return .literal(json)
        }
    }

    private mutating func operation(_ name: String, _ arguments: [Rule], _ pointer: JSONPointer) -> Rule {
        func argument(_ index: Int) -> Rule { index < arguments.count ? arguments[index] : .null }
        switch name {
        case "var": return variable(argument(0), fallback: arguments.count > 1 ? arguments[1] : nil)
        case "if", "?:": return .conditional(arguments)
        case "and": return .and(arguments)
        case "or": return .or(arguments)
        case "sem_ver":
            if arguments.count != 3 { faults.add(.violation, pointer, "must have three arguments") }
            return folded(.version(VersionTest(arguments)), if: arguments)
        case "fractional": return fractional(arguments, pointer)
        default: break
        }
        if let list = ListOperator(rawValue: name) {
            return .each(list, items: argument(0), body: argument(1), initial: argument(2))
        }
        if let comparison = Comparison(rawValue: name) { return self.comparison(comparison, arguments) }
        if let function = Function(rawValue: name) {
            let call = Rule.call(function, arguments)
            return function.isPure ? folded(call, if: arguments) : call
        }
        faults.add(.violation, pointer, "is no operator, so it fails with PARSE_ERROR where it is evaluated")
        return .unknown(name, arguments)
    }

    private mutating func variable(_ name: Rule, fallback: Rule?) -> Rule {
        guard let literal = name.literal else {
            readsTime = true
            return .variableNamed(name, fallback: fallback)
        }
        let path = VariablePath(literal)
        let names = path.steps.map(\.name)
        readsTime = readsTime || ["", "$flagd", "$flagd.timestamp"].contains(names.joined(separator: "."))
        return .variable(path, fallback: fallback)
    }

    /// To order one thing is to order it with something that JavaScript calls undefined: it is never so.
    private func comparison(_ comparison: Comparison, _ arguments: [Rule]) -> Rule {
        switch arguments.count {
        case 0...1 where ![.looselyEqual, .looselyUnequal, .strictlyEqual, .strictlyUnequal].contains(comparison):
            return .literal(.bool(false))
        case 0...1: return .compare(comparison, arguments.first ?? .null, .null)
        case 3... where comparison.takesThree:
            return folded(.between(comparison, arguments[0], arguments[1], arguments[2]), if: arguments)
        default: return folded(.compare(comparison, arguments[0], arguments[1]), if: arguments)
        }
    }

    private mutating func fractional(_ arguments: [Rule], _ pointer: JSONPointer) -> Rule {
        let fractional = Fractional(arguments)
        for (index, argument) in arguments.enumerated() {
            for weight in Fractional.negativeWeights(argument) {
                faults.add(.violation, pointer / index, "has the weight \(weight.text); a negative one counts as 0")
            }
        }
        if let problem = fractional.problem { faults.add(.violation, pointer, problem) }
        return .fractional(fractional)
    }

    private mutating func reference(to name: String, _ pointer: JSONPointer) -> Rule {
        guard let evaluators else {
            faults.add(.violation, pointer, "evaluators can't refer to each other; it fails where it is evaluated")
            return .unknown("$ref", [])
        }
        guard let evaluator = evaluators.first(where: { CodeUnits.same($0.name, name) }) else {
            faults.add(.violation, pointer, "refers to no evaluator; it fails with PARSE_ERROR where it is evaluated")
            return .unknown("$ref", [])
        }
        nodes += evaluator.nodes
        readsTime = readsTime || evaluator.readsTime
        return name.hasPrefix(FlagSet.rolloutPrefix) ? .rollout(evaluator.rule) : evaluator.rule
    }

    /// Its result, if its arguments are all known.
    private func folded(_ rule: Rule, if arguments: [Rule]) -> Rule {
        guard arguments.allSatisfy({ $0.literal != nil }) else { return rule }
        let nobody = Subject(flagKey: "", timestamp: 0, context: EvaluationContext(), bucketing: .cbor)
        var interpreter = Interpreter(subject: nobody, budget: StepBudget(FlagLimits.ruleNodes))
        return (try? interpreter.value(of: rule, in: .evaluation)).map(Rule.literal) ?? rule
    }
}
