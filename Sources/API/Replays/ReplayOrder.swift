import JSON
import Model
import Requests
import Tenants

/// The body of `POST /v1/dead-letters/replay`: which, how fast, or only how many.
package struct ReplayOrder {
    package static let rates = 0.01...1_000.0

    private(set) var filter = DeadLetterFilter()
    private(set) var ratePerSecond = 100.0
    private(set) var isDryRun = false

    /// Throws as `Call.withMembers`.
    init(_ call: Call, _ caller: Caller) async throws {
        try await call.withMembers(limit: 4 << 10) { scanner, name in
            switch name {
            case "destination":
                filter.destination = try call.destination(named: try scanner.text(name), of: caller).id
            case "class": filter.attemptClass = try AttemptClass.checked(try scanner.text(name))
            case "dead_from": filter.deadFrom = try scanner.time(name)
            case "dead_before": filter.deadBefore = try scanner.time(name)
            case "rate_per_second":
                guard let rate = Double(try scanner.literal()), Self.rates.contains(rate) else {
                    throw Problem(.invalidRequest, "rate_per_second must be a number from 0.01 to 1000.")
                }
                ratePerSecond = rate
            case "dry_run": isDryRun = try scanner.bool(name)
            default: return false
            }
            return true
        }
    }
}
