import FoundationEssentials

/// What the replay tells of a step.
package struct ReplayLine: Sendable, Hashable, Encodable {
    /// From 1.
    package let step: Int
    package let word: String?
    /// Since the scenario's begin.
    package let atSeconds: Double
    package let state: String
    package let mode: String
    package let gate: String
    package let epoch: Int64
    /// Deliveries, or in HALF_OPEN probes, that may be in flight.
    package let limit: Int
    /// Whether the step's last call was let through; nil where there was none.
    package let granted: Bool?
    /// Until a probe is due, to the microsecond; nil where none is awaited.
    package let retryS: Double?
    /// Reasons of the events that it recorded.
    package let events: [String]
    package internal(set) var mismatch: String?

    private enum CodingKeys: String, CodingKey {
        case step, state, mode, gate, epoch, limit, granted, events, mismatch
        case word = "do"
        case atSeconds = "at_s"
        case retryS = "retry_s"
    }

    package var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Numbers are finite and keys are fixed: encoding can't fail.
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
