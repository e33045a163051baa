import JSON

/// `sem_ver`: exactly three arguments, of which the second is the operator.
struct VersionTest: Sendable {
    enum Operator: String, Sendable {
        case equal = "="
        case unequal = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case sameMajor = "^"
        case sameMinor = "~"

        func holds(_ a: SemanticVersion, _ b: SemanticVersion) -> Bool {
            switch self {
            case .equal: a.order(b) == 0
            case .unequal: a.order(b) != 0
            case .less: a.order(b) < 0
            case .lessOrEqual: a.order(b) <= 0
            case .greater: a.order(b) > 0
            case .greaterOrEqual: a.order(b) >= 0
            case .sameMajor: a.hasMajor(of: b)
            case .sameMinor: a.hasMinor(of: b)
            }
        }
    }

    let arguments: [Rule]
    /// Of the last argument where it is a literal, as it nearly always is.
    private let literal: SemanticVersion?

    init(_ arguments: [Rule]) {
        self.arguments = arguments
        literal = arguments.last?.literal.flatMap(Self.version)
    }

    func result(_ values: [JSONValue]) -> JSONValue {
        guard values.count == 3, case .string(let name) = values[1], let `operator` = Operator(rawValue: name),
            let version = Self.version(values[0]), let other = literal ?? Self.version(values[2])
        else { return .null }
        return .bool(`operator`.holds(version, other))
    }

    private static func version(_ value: JSONValue) -> SemanticVersion? {
        switch value {
        case .string, .number: SemanticVersion(Coercion.text(value))
        default: nil
        }
    }
}

extension Interpreter {
    mutating func compare(_ test: VersionTest, in scope: Scope) throws(LogicError) -> JSONValue {
        let values = try values(of: test.arguments, in: scope)
        for value in values { try budget.spend(for: value) }
        return test.result(values)
    }
}
