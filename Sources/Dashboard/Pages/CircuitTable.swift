import API
import Circuits
import Model

/// Circuits as a list has them, a row a destination.
struct CircuitTable {
    /// Up to which a list counts what waits, and one more: 50 rows of so many take a few tens of milliseconds.
    static let waitingLimit: Int64 = 1_001

    let visit: Visit

    func markup(_ caption: String, _ circuits: some Collection<CircuitView>, ifEmpty: HTML) -> HTML {
        Table(
            caption, ["Destination", "Circuit", "Since", "Why", "Waiting", "Oldest due", "Under way", "Next probe"],
            ifEmpty: ifEmpty
        ).of(circuits) { circuit in
            [
                "<a href=\"\(visit.link("/destinations/" + circuit.destination))\">\(circuit.destination)</a>",
                "\(Badge.of(circuit.state))\(Badge.mode(circuit.mode))", .time(circuit.since),
                "\((circuit.modeReason ?? circuit.reason).replacing("_", with: " "))",
                .count(circuit.waiting, countedTo: Self.waitingLimit - 1), .time(circuit.oldestWaitingAt),
                .count(circuit.inFlight), .time(circuit.nextProbeAt),
            ]
        }
    }
}
