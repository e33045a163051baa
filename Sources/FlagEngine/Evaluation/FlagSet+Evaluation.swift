import JSON

extension FlagSet {
    /// Never fails: what goes wrong is in the evaluation.
    /// - Parameters:
    ///   - timestamp: Unix time in seconds, for `$flagd.timestamp`.
    ///   - steps: what the evaluation may cost; see `FlagLimits.steps`.
    package func evaluate(
        _ key: String, _ context: EvaluationContext, at timestamp: Int64, steps: Int = FlagLimits.steps
    ) -> Evaluation {
        guard let flag = flag(key) else { return notFound(key) }
        var budget = StepBudget(steps)
        return flag.evaluation(context, at: timestamp, bucketing: bucketing, budget: &budget)
    }

    /// All flags in the order of their keys, those that fail too.
    /// - Parameters:
    ///   - steps: what each may cost.
    ///   - bulkSteps: what all may cost; those that come after it is spent fail with `GENERAL`.
    package func evaluateAll(
        _ context: EvaluationContext, at timestamp: Int64, steps: Int = FlagLimits.steps,
        bulkSteps: Int = FlagLimits.bulkSteps
    ) -> [Evaluation] {
        var left = bulkSteps
        return flags.map { flag in
            let given = min(steps, left)
            var budget = StepBudget(given)
            defer { left -= given - max(budget.remaining, 0) }
            return flag.evaluation(context, at: timestamp, bucketing: bucketing, budget: &budget)
        }
    }

    private func notFound(_ key: String) -> Evaluation {
        Evaluation(
            key: key, reason: .error, variant: nil, value: nil, valueType: nil, metadata: metadata,
            failure: Evaluation.Failure(.flagNotFound, "There is no flag \"\(key.prefix(FlagLimits.keyBytes))\"."))
    }
}
