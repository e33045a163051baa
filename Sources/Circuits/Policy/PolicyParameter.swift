/// A value of a policy as it stands in JSON. Durations are seconds.
package enum PolicyValue: Sendable, Hashable {
    case number(Double)
    case flag(Bool)
}

/// One number or switch of a policy: its name in JSON and SQL, where the policy keeps it, and what it may be.
package struct PolicyParameter<Policy>: Sendable {
    package let name: String
    package let allowed: String
    package let value: @Sendable (Policy) -> PolicyValue
    /// False when the value is of the wrong kind; whether it is in range is for `isAllowed` to say.
    let set: @Sendable (inout Policy, PolicyValue) -> Bool
    let isAllowed: @Sendable (Policy) -> Bool

    /// A day at most: what shall last longer is a pause, which is the operator's.
    static func seconds(_ name: String, _ path: any WritableKeyPath<Policy, Duration> & Sendable) -> Self {
        Self(
            name: name, allowed: "0.001 to 86400 seconds", value: { .number($0[keyPath: path].seconds) },
            set: { policy, value in
                guard case .number(let seconds) = value, abs(seconds) < 1e9 else { return false }
                policy[keyPath: path] = Duration(seconds: seconds)
                return true
            },
            isAllowed: { (.milliseconds(1)...Duration.seconds(86_400)).contains($0[keyPath: path]) })
    }

    /// Whole numbers up to a million, which stands for "never reached".
    static func count(_ name: String, _ path: any WritableKeyPath<Policy, Int> & Sendable, from least: Int = 1) -> Self
    {
        Self(
            name: name, allowed: "a whole number from \(least) to 1000000",
            value: { .number(Double($0[keyPath: path])) },
            set: { policy, value in
                guard case .number(let number) = value, let count = Int(exactly: number) else { return false }
                policy[keyPath: path] = count
                return true
            },
            isAllowed: { (least...1_000_000).contains($0[keyPath: path]) })
    }

    /// More than 0 and at most 1.
    static func ratio(_ name: String, _ path: any WritableKeyPath<Policy, Double> & Sendable) -> Self {
        number(name, path, Double.leastNonzeroMagnitude...1, "more than 0, at most 1")
    }

    static func number(
        _ name: String, _ path: any WritableKeyPath<Policy, Double> & Sendable, _ range: ClosedRange<Double>,
        _ allowed: String
    ) -> Self {
        Self(
            name: name, allowed: allowed, value: { .number($0[keyPath: path]) },
            set: { policy, value in
                guard case .number(let number) = value else { return false }
                policy[keyPath: path] = number
                return true
            },
            isAllowed: { range.contains($0[keyPath: path]) })
    }

    static func flag(_ name: String, _ path: any WritableKeyPath<Policy, Bool> & Sendable) -> Self {
        Self(
            name: name, allowed: "true or false", value: { .flag($0[keyPath: path]) },
            set: { policy, value in
                guard case .flag(let flag) = value else { return false }
                policy[keyPath: path] = flag
                return true
            },
            isAllowed: { _ in true })
    }
}

extension PolicyValue: Codable, CustomStringConvertible {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "is neither a number nor a boolean")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let number): try container.encode(number)
        case .flag(let flag): try container.encode(flag)
        }
    }

    package var description: String {
        switch self {
        case .number(let number): Int(exactly: number).map { "\($0)" } ?? "\(number)"
        case .flag(let flag): "\(flag)"
        }
    }
}
