import FoundationEssentials
package import Postgres

/// A line of the audit log, `circuit_event`.
package struct CircuitEvent: Sendable, Hashable {
    /// The epoch that began with it, or in which it happened.
    package let epoch: Int64
    package let at: Timestamp
    package let from: Circuit.State
    package let to: Circuit.State
    package let mode: Circuit.Mode
    package let reason: Circuit.Reason
    /// nil: the machine itself.
    package let actor: String?
    package let evidence: Evidence

    package struct Evidence: Sendable, Hashable, Encodable {
        package var ok: Int?
        package var fail: Int?
        package var slow: Int?
        package var pushback: Int?
        package var workers: Int?
        package var suspect: String?
        package var probesOK: Int?
        package var probesFailed: Int?
        package var leasesLost: Int?
        /// Why a circuit that is observed would open, or how the last probe failed.
        package var cause: String?
        /// Until the next probe.
        package var waitSeconds: Double?
        package var openings: Int?
        package var openSeconds: Double?
        package var limit: Int?
        /// The operator's words.
        package var note: String?

        package init() {}

        init(_ sums: WindowSums, _ policy: CircuitPolicy) {
            let total = sums.total
            ok = total.ok
            fail = sums.failures(policy)
            slow = total.slow
            pushback = total.pushback
            workers = sums.slots.count
        }

        /// As `circuit_event.evidence` holds it.
        package var json: String {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = .sortedKeys
            // Numbers are finite and keys are fixed: encoding can't fail.
            return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        }
    }
}
