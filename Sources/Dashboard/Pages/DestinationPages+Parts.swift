import API
import Circuits
import JSON
import Model
import Postgres
import Tenants

extension DestinationPages {
    /// What a screen reader says when it changes: no figures.
    static func state(_ circuit: CircuitView) -> HTML {
        "<p class=\"now\">The circuit is \(Badge.of(circuit.state))\(Badge.mode(circuit.mode))</p>"
    }

    static func figures(_ circuit: CircuitView) -> HTML {
        let mode: [(name: String, value: HTML)] =
            circuit.mode == "auto"
            ? []
            : [
                ("Mode", "\(Badge.of(circuit.mode)) by \(circuit.modeBy ?? "")"),
                ("Its reason", "\(circuit.modeReason ?? "")"), ("Until", .time(circuit.modeUntil)),
            ]
        return facts(
            mode + [
                ("Since", .time(circuit.since)), ("Why", "\(circuit.reason.replacing("_", with: " "))"),
                ("Waiting", .count(circuit.waiting, countedTo: CircuitView.countedTo)),
                ("Oldest due", .time(circuit.oldestWaitingAt)), ("Under way", .count(circuit.inFlight)),
                ("Under way at most", .count(circuit.allowed)), ("Next probe", .time(circuit.nextProbeAt)),
                ("Pause asked for until", .time(circuit.throttledUntil)),
            ])
    }

    static func commands(_ visit: Visit, _ name: String) -> HTML {
        guard visit.viewer.mayManage else { return .empty }
        let words: [CircuitCommand: String] = [
            .pause: "Pause: hold what comes", .resume: "Resume: let the machine decide",
            .force: "Force: deliver whatever happens", .observe: "Observe: only tell what it would do",
            .probe: "Probe now", .limit: "Limit deliveries under way", .reset: "Reset: forget what was seen",
        ]
        return """
            <details id="commands" open><summary>Command the circuit</summary>
            \(visit.form(
                "/destinations/\(name)/circuit",
                """
                \(Form.choice("command", "Command", CircuitCommand.allCases.map { .init($0.rawValue, words[$0]) }))
                \(Form.text("reason", "Why", hint: "kept in its history", isRequired: true))
                \(Form.text("minutes", "For minutes", hint: "until it is resumed", kind: "number"))
                \(Form.text("deliveries", "Limit", hint: "of limit: how many", kind: "number"))
                """,
                button: "Do it"))
            </details>
            """
    }

    static func table(_ records: [CircuitRecord]) -> HTML {
        Table(
            "History of the circuit", ["When", "From", "To", "Why", "Who", "Evidence"], ifEmpty: "Nothing happened yet."
        )
        .of(records) { record in
            [
                .time(record.at), Badge.of(record.from), "\(Badge.of(record.to))\(Badge.mode(record.mode))",
                "\(record.reason.replacing("_", with: " "))", "\(record.actor ?? "the machine")",
                "<code class=\"evidence\">\(record.evidence)</code>",
            ]
        }
    }

    static func table(_ checks: [HealthRecord]) -> HTML {
        Table(
            "Health checks", ["Target", "Kind", "Policy", "Opinion", "Last", "Took", "What was wrong"],
            ifEmpty: "There is none: the circuit goes by deliveries alone. Make one with: sluice health add"
        ).of(checks) { record in
            [
                "\(record.definition.target)", "\(record.definition.kind.rawValue)",
                "\(record.definition.policy.rawValue)",
                Badge.of("\(record.check.health)"), .time(record.lastAt),
                record.lastLatency.map { .milliseconds(microseconds: $0.microseconds) } ?? .none,
                "\(record.lastError ?? "")",
            ]
        }
    }

    /// No secrets: who may look may not learn them.
    static func settings(_ destination: Destination) -> HTML {
        let settings = destination.settings
        let rate = settings.ratePerSecond.map { "\(JSONNumber($0).json) a second, \(settings.rateBurst) at once" }
        return facts([
            ("Base URL", "<code>\(settings.baseURL)</code>"),
            (
                "Time-out",
                "\(settings.timeout.components.seconds) s, \(settings.connectTimeout.components.seconds) s to connect"
            ),
            ("Under way at most", .count(settings.maxInFlight)), ("Rate", "\(rate ?? "no limit")"),
            ("Order", settings.orderedLanes.map { "within \($0) lanes" } ?? "none"),
            ("Attempts at most", .count(settings.retry.maxAttempts)),
            ("Signing keys", .count(settings.signingKeys.count)),
            ("Deletion", destination.deletion.map { "\($0.rawValue)" } ?? .none),
            ("Fault", settings.fault.map { "\($0)" } ?? .none),
        ])
    }
}
