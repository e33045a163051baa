import JSON
import Postgres

/// What a tenant may want of a circuit.
package enum CircuitCommand: String, CaseIterable, Sendable {
    case pause, resume, force, observe, probe, limit, reset
}

/// The body of a command: why, until when, how many.
struct CircuitOrder {
    private(set) var reason = ""
    private(set) var until: Timestamp?
    private(set) var deliveries: Int32?

    /// Throws as `Call.withMembers`.
    init(_ call: Call, for command: CircuitCommand) async throws {
        try await call.withMembers(limit: 4 << 10) { scanner, name in
            switch name {
            case "reason": reason = try scanner.text(name)
            case "until": until = try scanner.time(name)
            case "deliveries" where command == .limit:
                deliveries = try scanner.optional { Int32(try $0.integer(name, in: 1...Int(Int32.max))) }
            default: return false
            }
            return true
        }
        guard 1...500 ~= reason.utf8.count else {
            throw Problem(.invalidRequest, "reason must be given, in 1 to 500 bytes.")
        }
    }
}
