import JSON

extension RuleCompiler {
    /// Compiles `$evaluators`.
    static func evaluators(_ json: JSONValue, _ faults: inout FlagFaults) -> [Evaluator] {
        guard json != .null else { return [] }
        let pointer = JSONPointer.root / "$evaluators"
        guard case .object(let members) = json, members.count <= FlagLimits.evaluators else {
            faults.refuse(pointer, "must be an object of \(FlagLimits.evaluators) evaluators at most")
            return []
        }
        var evaluators: [Evaluator] = []
        for (name, rule) in members {
            let pointer = pointer / name
            if name.utf8.count > FlagLimits.nameBytes {
                faults.refuse(pointer, "has a longer name than \(FlagLimits.nameBytes) bytes")
            }
            guard FlagReader.fits(rule, pointer, &faults) else { continue }
            var compiler = RuleCompiler(evaluators: nil, faults: faults)
            let compiled = compiler.rule(rule, pointer)
            faults = compiler.faults
            evaluators.append(
                Evaluator(name: name, rule: compiled, nodes: compiler.nodes, readsTime: compiler.readsTime))
        }
        return evaluators
    }
}
