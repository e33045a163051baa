/// What a step of a scenario expects to find once it is done.
package struct Expectation: Sendable, Hashable {
    /// A state, a mode or a gate; their names differ.
    package var standing: String?
    package var granted: Bool?
    package var epoch: Int64?
    package var limit: Int?
    package var retrySeconds: Double?
    /// The reason of an event that the step recorded.
    package var event: Circuit.Reason?

    static let standings =
        Circuit.State.allCases.map(\.rawValue) + Circuit.Mode.allCases.map(\.rawValue)
        + Circuit.Gate.allCases.map(\.rawValue)

    /// What is otherwise; nil when all is as expected.
    func mismatch(with line: ReplayLine, events: [CircuitEvent]) -> String? {
        var found: [String] = []
        func compare<T: Equatable>(_ name: String, _ expected: T?, _ actual: T?) {
            guard let expected, expected != actual else { return }
            found.append("expected \(name) \(expected), found \(actual.map { "\($0)" } ?? "none")")
        }
        if let standing, ![line.state, line.mode, line.gate].contains(standing) {
            found.append("expected \(standing), found \(line.state), \(line.mode), \(line.gate)")
        }
        compare("granted", granted, line.granted)
        compare("epoch", epoch, line.epoch)
        compare("limit", limit, line.limit)
        compare("retry_s", retrySeconds, line.retryS)
        if let event, !events.contains(where: { $0.reason == event }) {
            let reasons = events.map(\.reason.rawValue).joined(separator: ", ")
            found.append("expected event \(event.rawValue), found \(reasons.isEmpty ? "none" : reasons)")
        }
        return found.isEmpty ? nil : found.joined(separator: "; ")
    }
}

extension Expectation {
    init(_ container: KeyedDecodingContainer<Scenario.Step.Key>) throws {
        standing = try container.decodeIfPresent(String.self, forKey: .expect)
        if let standing, !Self.standings.contains(standing) {
            throw container.invalid(.expect, "\"\(standing)\"", Self.standings.joined(separator: ", "))
        }
        granted = try container.decodeIfPresent(Bool.self, forKey: .expectGranted)
        epoch = try container.decodeIfPresent(Int64.self, forKey: .expectEpoch)
        limit = try container.decodeIfPresent(Int.self, forKey: .expectLimit)
        retrySeconds = try container.decodeIfPresent(Double.self, forKey: .expectRetry)
        event = try container.word(Circuit.Reason.self, forKey: .expectEvent)
    }
}
