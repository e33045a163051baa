import JSON

/// A flag that is ready to be evaluated. A class, since an evaluation would retain each member of a structure.
final class Flag: Sendable {
    enum Targeting: Sendable {
        case none
        case rule(Rule)
        /// What stands there is no rule.
        case invalid
    }

    let key: String
    let isEnabled: Bool
    let variants: JSONObject
    let defaultVariant: String?
    let targeting: Targeting
    let valueType: FlagValueType
    let metadata: JSONObject

    init(
        key: String, isEnabled: Bool, variants: JSONObject, defaultVariant: String?, targeting: Targeting,
        valueType: FlagValueType, metadata: JSONObject
    ) {
        (self.key, self.isEnabled, self.variants, self.defaultVariant) = (key, isEnabled, variants, defaultVariant)
        (self.targeting, self.valueType, self.metadata) = (targeting, valueType, metadata)
    }

    func evaluation(
        _ context: EvaluationContext, at timestamp: Int64, bucketing: Bucketing, budget: inout StepBudget
    ) -> Evaluation {
        guard isEnabled else { return evaluation(.disabled) }
        switch targeting {
        case .none: return standard(.fixed)
        case .invalid: return failure(.parseError, "The flag's targeting is no rule: it must be an object.")
        case .rule(let rule):
            let subject = Subject(flagKey: key, timestamp: timestamp, context: context, bucketing: bucketing)
            var interpreter = Interpreter(subject: subject, budget: budget)
            defer { budget = interpreter.budget }
            do throws(LogicError) {
                var evaluation = chosen(try interpreter.value(of: rule, in: .evaluation))
                evaluation.asksRollout = interpreter.asksRollout
                return evaluation
            } catch .unknownOperator(let name) {
                return failure(.parseError, "The flag's targeting has an unknown operator: \(name.prefix(80)).")
            } catch {
                return failure(.general, "The flag's targeting takes more steps than it may.")
            }
        }
    }

    private func chosen(_ result: JSONValue) -> Evaluation {
        switch result {
        case .null: return standard(.byDefault)
        case .bool, .number, .string: return named(Coercion.text(result), .targetingMatch)
        case .array, .object: return failure(.general, "The flag's targeting chose an array or an object as variant.")
        }
    }

    private func standard(_ reason: Evaluation.Reason) -> Evaluation {
        guard let defaultVariant else { return evaluation(.byDefault) }
        return named(defaultVariant, reason)
    }

    private func named(_ variant: String, _ reason: Evaluation.Reason) -> Evaluation {
        guard let value = variants[variant], value != .null else {
            return failure(.general, "The flag has no variant \"\(variant.prefix(80))\", which its targeting chose.")
        }
        return evaluation(reason, variant: variant, value: value)
    }

    private func failure(_ code: Evaluation.ErrorCode, _ details: String) -> Evaluation {
        evaluation(.error, failure: Evaluation.Failure(code, details))
    }

    private func evaluation(
        _ reason: Evaluation.Reason, variant: String? = nil, value: JSONValue? = nil,
        failure: Evaluation.Failure? = nil
    ) -> Evaluation {
        Evaluation(
            key: key, reason: reason, variant: variant, value: value, valueType: valueType, metadata: metadata,
            failure: failure)
    }
}
