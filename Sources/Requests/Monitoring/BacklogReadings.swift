import Postgres
import Telemetry

extension Depth {
    /// - Parameter now: by which ages are told.
    func readings(at now: Timestamp) -> [Reading] {
        [
            Reading(.waiting, is: Double(waiting)), Reading(.held, is: Double(held)),
            Reading(.leased, is: Double(inFlight)), Reading(.dead, is: Double(dead)),
            Reading(.oldestDue, is: oldestDueAge(at: now)), Reading(.destinations, is: Double(destinations)),
            Reading(.circuits, "closed", is: Double(closed)), Reading(.circuits, "open", is: Double(open)),
            Reading(.circuits, "half_open", is: Double(halfOpen)), Reading(.circuits, "ramping", is: Double(ramping)),
            Reading(.circuitsSteered, "paused", is: Double(paused)),
            Reading(.circuitsSteered, "forced", is: Double(forced)),
            Reading(.backlogAge, is: (now - takenAt).seconds),
        ]
    }

    /// In seconds; 0 where nothing waits, or nothing is due yet.
    fileprivate func oldestDueAge(at now: Timestamp) -> Double {
        oldestDueAt.map { max(0, (now - $0).seconds) } ?? 0
    }
}

extension TenantDepth {
    func readings(at now: Timestamp) -> [Reading] {
        [
            Reading(.tenantWaiting, name, is: Double(depth.waiting)),
            Reading(.tenantDead, name, is: Double(depth.dead)),
            Reading(.tenantOldestDue, name, is: depth.oldestDueAge(at: now)),
        ]
    }
}

extension Duration {
    fileprivate var seconds: Double { self / .seconds(1) }
}
