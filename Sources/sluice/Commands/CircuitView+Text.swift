import API
import Circuits
import Postgres

extension CircuitView {
    var lines: String {
        var lines = ["\(destination): \(state) since \(since.rfc3339), \(reason)"]
        if mode != "auto" {
            let who = "by \(modeBy ?? "nobody"): \(modeReason ?? "no reason")"
            lines.append("  mode \(mode)\(modeUntil.map { " until \($0.rfc3339)" } ?? ""), \(who)")
        }
        if let nextProbeAt { lines.append("  next probe \(nextProbeAt.rfc3339)") }
        if let throttledUntil, throttledUntil > .now { lines.append("  throttled until \(throttledUntil.rfc3339)") }
        let count = waiting > Self.countedTo ? "more than \(Self.countedTo)" : "\(waiting)"
        let age = oldestWaitingAt.map { ", the oldest since \($0.rfc3339)" } ?? ""
        lines.append("  \(inFlight) of \(allowed) under way, \(count) waiting\(age)")
        if let evidence { lines.append("  last event \(evidence)") }
        return lines.joined(separator: "\n")
    }
}

extension CircuitRecord {
    var line: String {
        let change = from == to ? to : "\(from) -> \(to)"
        return "\(at.rfc3339)  \(change)  \(reason)  mode \(mode)  \(actor.map { "by \($0)  " } ?? "")\(evidence)"
    }
}
