import Circuits
import Foundation
import Postgres

extension CircuitView {
    func lines(now: Date) -> String {
        var lines = ["\(destination): \(state) since \(since.text), \(reason)"]
        if mode != "auto" {
            let who = "by \(modeBy ?? "nobody"): \(modeReason ?? "no reason")"
            lines.append("  mode \(mode)\(modeUntil.map { " until \($0.text)" } ?? ""), \(who)")
        }
        if let nextProbeAt { lines.append("  next probe \(nextProbeAt.text)") }
        if let throttledUntil, throttledUntil.date > now { lines.append("  throttled until \(throttledUntil.text)") }
        let count = waiting > Self.countedTo ? "more than \(Self.countedTo)" : "\(waiting)"
        let age = oldestWaitingAt.map { ", the oldest since \($0.text)" } ?? ""
        lines.append("  \(inFlight) of \(allowed) under way, \(count) waiting\(age)")
        if let evidence { lines.append("  last event \(evidence)") }
        return lines.joined(separator: "\n")
    }
}

extension CircuitRecord {
    var line: String {
        let change = from == to ? to : "\(from) -> \(to)"
        return "\(at.text)  \(change)  \(reason)  mode \(mode)  \(actor.map { "by \($0)  " } ?? "")\(evidence)"
    }
}

extension Timestamp {
    fileprivate var date: Date { Date(timeIntervalSince1970: Double(microseconds) / 1_000_000) }
    fileprivate var text: String { date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)) }
}
