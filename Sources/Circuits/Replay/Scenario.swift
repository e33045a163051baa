package import FoundationEssentials

/// A story of a circuit, to be told to the machine offline: `{"policy": {...}, "steps": [...]}`.
package struct Scenario: Sendable {
    package let policy: CircuitPolicy
    package let steps: [Step]

    /// A step does something, or expects something, or both.
    package struct Step: Sendable {
        package enum Action: Sendable, Hashable {
            /// A call: it takes what an `acquire` has left, or asks for itself.
            case call(CircuitSignal)
            /// The outcome of a call of an older epoch.
            case late(CircuitSignal)
            case acquire, release
            case advance(Duration)
            case mode(Circuit.Mode, for: Duration?)
            case hold(Duration)
            case setLimit(Int?)
            case probeNow, reset
            case health(isUp: Bool, HealthPolicy)
            case backlog(isEmpty: Bool)
        }

        /// As the file has it.
        package let word: String?
        package let action: Action?
        package let times: Int
        /// Names of whose call it is and by whom; calls without a name have a request of their own each.
        package let request: String?
        package let worker: String
        package let expected: Expectation
    }

    package init(json: Data) throws(ScenarioError) {
        do {
            self = try JSONDecoder().decode(Scenario.self, from: json)
        } catch {
            throw ScenarioError(error)
        }
    }
}

extension Scenario: Decodable {
    private enum Key: String, CodingKey, CaseIterable {
        case policy, steps
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: Key.self)
        let overrides = try container.decodeIfPresent(CircuitPolicy.Overrides.self, forKey: .policy)
        do {
            policy = try CircuitPolicy().applying(overrides ?? .init())
        } catch {
            throw DecodingError.dataCorruptedError(forKey: .policy, in: container, debugDescription: "\(error)")
        }
        steps = try container.decode([Step].self, forKey: .steps)
    }
}
