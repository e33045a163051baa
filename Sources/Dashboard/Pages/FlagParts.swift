import API
import FlagEngine
import JSON
import Model
import Postgres
import Tenants

/// What the pages of flags are made of.
enum FlagParts {
    static func table(_ flags: some Collection<FlagRecord>, in environment: FlagEnvironment, _ visit: Visit) -> HTML {
        Table(
            "Flags", ["Flag", "State", "Type", "Default", "Version", "Changed", "Owner"],
            ifEmpty: "There is no flag. Put one with: sluice flag put TENANT KEY FILE"
        ).of(flags) { flag in
            [
                "<a href=\"\(visit.link("/flags/\(environment.name)/\(flag.key)"))\">\(flag.key)</a>", state(of: flag),
                "\(flag.valueType.rawValue)", "\(flag.definition.member("defaultVariant")?.words ?? "the caller's")",
                "\(flag.version)", .time(flag.updatedAt), "\(flag.settings.owner ?? "")",
            ]
        }
    }

    private static func state(of flag: FlagRecord) -> HTML {
        flag.archivedAt != nil ? Badge.of("archived") : Badge.of(flag.definition.member("state")?.words ?? "unknown")
    }

    /// What a screen reader says when it changes.
    static func now(_ flag: FlagRecord, _ rollout: Rollout?) -> HTML {
        let rollout: HTML = rollout.map { ", its rollout \(Badge.of($0.status))" } ?? .empty
        return "<p class=\"now\">The flag is \(state(of: flag))\(rollout)</p>"
    }

    static func state(_ flag: FlagRecord) -> HTML {
        facts([
            ("Type", "\(flag.valueType.rawValue)"), ("Version", "\(flag.version)"),
            ("Changed", .time(flag.updatedAt)), ("Made", .time(flag.createdAt)),
            ("Owner", flag.settings.owner.map { "\($0)" } ?? .none),
            ("Tags", flag.settings.tags.isEmpty ? .none : "\(flag.settings.tags.joined(separator: ", "))"),
            ("For clients", flag.settings.isClientVisible ? "yes" : "no"),
            ("Permanent", flag.settings.isPermanent ? "yes" : "no"),
        ])
    }

    static func definition(_ flag: FlagRecord) -> HTML {
        "<h2>Definition</h2><pre class=\"body\" tabindex=\"0\">\(flag.definition.indented)</pre>"
    }

    static func commands(_ flag: FlagRecord, _ path: String, isRollingOut: Bool, _ visit: Visit) -> HTML {
        guard visit.viewer.mayManage else { return .empty }
        var variants: [String] = []
        if case .object(let members)? = flag.definition.member("variants") { variants = members.keys }
        let kill = visit.form(
            path + "/kill",
            """
            \(Form.choice("variant", "Everyone gets", [.init("", "the caller's own default")] + variants.map { .init($0) }))
            \(Form.text("reason", "Why"))
            """, button: "Switch it off", isGrave: true)
        guard isRollingOut else { return "<h2>Switch it off</h2>\(kill)" }
        let words: [RolloutOrder: String] = [
            .approve: "Approve: the step may end", .hold: "Hold: no step ends by itself",
            .resume: "Resume: the held step begins anew", .rollback: "Roll back: all get the control",
            .cancel: "Cancel: who has the treatment keeps it",
        ]
        let order = visit.form(
            path + "/rollout",
            """
            \(Form.choice("command", "Command", RolloutOrder.allCases.map { .init($0.rawValue, words[$0]) }))
            <p class="field"><label for="f-rollout-reason">Why</label>
            <input id="f-rollout-reason" name="reason" type="text" autocomplete="off"></p>
            """, button: "Do it")
        return "<h2>Command the rollout</h2>\(order)<h2>Switch it off</h2>\(kill)"
    }

    static func rollouts(_ rollouts: [Rollout]) -> HTML {
        guard let latest = rollouts.first else {
            return
                "<h2>Rollouts</h2><p class=\"empty\">It never had one. Begin one with: sluice rollout start TENANT KEY CONTROL TREATMENT</p>"
        }
        let older = Table(
            "Earlier rollouts", ["Begun", "Status", "From", "To", "Who", "Ended"], ifEmpty: "There was no earlier one."
        )
        .of(rollouts.dropFirst()) { rollout in
            [
                .time(rollout.startedAt), Badge.of(rollout.status), "\(rollout.control)", "\(rollout.treatment)",
                "\(rollout.startedBy)", .time(rollout.endedAt),
            ]
        }
        return """
            <h2>Rollout \(Badge.of(latest.status))</h2>
            \(facts([
                ("Gives", "\(latest.treatment) in place of \(latest.control)"), ("By", "\(latest.unit)"),
                ("Held for", latest.holdReason.map { "\($0.replacing("_", with: " "))" } ?? .none),
                ("Step begun", .time(latest.stepStartedAt)), ("Begun", .time(latest.startedAt)),
                ("Ended", .time(latest.endedAt)), ("Begun by", "\(latest.startedBy)"),
            ]))
            \(steps(latest))<h3>Evidence of the last check</h3>\(evidence(latest.verdict))
            <details id="rollouts"><summary>Earlier rollouts</summary>\(older)</details>
            """
    }

    private static func steps(_ rollout: Rollout) -> HTML {
        guard case .array(let steps) = rollout.steps else { return .empty }
        let items = steps.enumerated().html { index, step in
            let current: HTML = index == Int(rollout.step) && rollout.endedAt == nil ? " aria-current=\"step\"" : ""
            let weight = step.member("weight")?.words ?? ""
            let approval: HTML = step.member("approval") == .bool(true) ? ", then a person agrees" : ""
            return "<li\(current)>\(weight) of 10,000 for \(step.member("hold_s")?.words ?? "") s\(approval)</li>\n"
        }
        return "<h3>Steps</h3><ol class=\"steps\">\(items)</ol>"
    }

    /// Figures of a check, side by side, and its whole record.
    static func evidence(_ verdict: JSONValue?) -> HTML {
        guard let verdict, case .object = verdict else {
            return "<p class=\"empty\">No check was made of this step yet.</p>"
        }
        let sides = Table("Outcomes by side", ["Side", "Deliveries", "Bad", "Units", "Rate of bad"], ifEmpty: "")
            .of(["control", "treatment"]) { side in
                let figures = verdict.member(side)
                return ["\(side)"] + ["n", "bad", "units", "rate"].map { "\(figures?.member($0)?.words ?? "–")" }
            }
        return """
            <p>Outcome: \(Badge.of(verdict.member("outcome")?.words ?? "unknown")) \
            \((verdict.member("rule")?.words).map { $0.isEmpty ? "" : "by the rule \($0)" })\
            \((verdict.member("waits_for")?.words).map { $0.isEmpty ? "" : " · waits for \($0.replacing("_", with: " "))" })</p>
            \(sides)<details id="verdict"><summary>The whole record</summary><pre tabindex="0">\(verdict.indented)</pre></details>
            """
    }

    static func revisions(_ revisions: [FlagRevision]) -> HTML {
        let table = Table(
            "Revisions", ["Version", "When", "Who", "Source", "Why", "Definition and evidence"],
            ifEmpty: "There is none."
        )
        .of(revisions) { revision in
            let evidence = revision.evidence.map { "\n\nevidence: " + $0.indented } ?? ""
            return [
                "\(revision.version)", .time(revision.createdAt), "\(revision.actor)", "\(revision.source)",
                "\(revision.reason ?? "")",
                """
                <details id="revision-\(revision.setVersion)"><summary>Show</summary>\
                <pre tabindex="0">\(revision.definition?.indented ?? "archived")\(evidence)</pre></details>
                """,
            ]
        }
        return "<h2>Revisions</h2>\(table)"
    }
}
