/// Named parameters with defaults, over which a tenant and then a destination may lay their own.
package protocol Policy: Sendable {
    static var parameters: [PolicyParameter<Self>] { get }

    /// What is wrong with parameters that are each in range.
    var contradictions: [PolicyError.Problem] { get }
}

/// The parameters that one layer sets, by name.
package struct PolicyOverrides<P: Policy>: Sendable, Hashable {
    package var values: [String: PolicyValue]

    package init(_ values: [String: PolicyValue] = [:]) { self.values = values }
}

extension PolicyOverrides: Codable {
    package init(from decoder: any Decoder) throws { values = try [String: PolicyValue](from: decoder) }
    package func encode(to encoder: any Encoder) throws { try values.encode(to: encoder) }
}

/// Everything that is wrong with a policy.
package struct PolicyError: Error, Hashable, CustomStringConvertible {
    package struct Problem: Sendable, Hashable, CustomStringConvertible {
        package let parameter: String
        package let found: String
        package let allowed: String

        package var description: String { "\(parameter) is \(found); allowed: \(allowed)" }
    }

    package let problems: [Problem]

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

extension Policy {
    /// This policy with the values that the layers set, of which later ones win; validated as a whole.
    package func applying(_ layers: PolicyOverrides<Self>...) throws(PolicyError) -> Self {
        var policy = self
        var problems: [PolicyError.Problem] = []
        for (name, value) in layers.flatMap({ $0.values.sorted { $0.key < $1.key } }) {
            guard let parameter = Self.parameters.first(where: { $0.name == name }) else {
                let names = Self.parameters.map(\.name).joined(separator: ", ")
                problems.append(.init(parameter: name, found: "not a parameter", allowed: names))
                continue
            }
            if !parameter.set(&policy, value) {
                problems.append(.init(parameter: name, found: "\(value)", allowed: parameter.allowed))
            }
        }
        guard problems.isEmpty else { throw PolicyError(problems: problems) }
        try policy.validate()
        return policy
    }

    /// All parameters by name.
    package var values: [String: PolicyValue] {
        Dictionary(Self.parameters.map { ($0.name, $0.value(self)) }) { first, _ in first }
    }

    package func validate() throws(PolicyError) {
        var problems = Self.parameters.filter { !$0.isAllowed(self) }.map {
            PolicyError.Problem(parameter: $0.name, found: "\($0.value(self))", allowed: $0.allowed)
        }
        if problems.isEmpty { problems = contradictions }
        guard problems.isEmpty else { throw PolicyError(problems: problems) }
    }
}
