import API
import JSON
import Model
import Postgres
import Requests

/// What the page of a request is made of.
enum RequestParts {
    static func head(_ record: RequestRecord) -> HTML {
        facts([
            ("Target", RequestTable.target(record.method, record.path, record.query)),
            ("Topic", record.topic.map { "\($0)" } ?? .none), ("Received", .time(record.receivedAt)),
            ("Due", .time(record.dueAt)), ("Expires", .time(record.expiresAt)), ("Body", .bytes(record.bytes)),
        ])
            + (record.stamps.map { stamps in
                "<details id=\"stamps\"><summary>What flags decided</summary><pre tabindex=\"0\">\(pretty(stamps))</pre></details>"
            } ?? .empty)
    }

    static func actions(_ record: RequestRecord, _ visit: Visit) -> HTML {
        let path = "/requests/\(record.id)"
        return """
            <div class="actions">\(visit.form(path + "/replay", Form.text("destination", "Replay to", hint: "all that have ended"), button: "Replay"))
            \(visit.form(path + "/cancel", .empty, button: "Cancel what waits", isGrave: true))</div>
            """
    }

    /// What a screen reader says when it changes.
    static func outcome(_ record: RequestRecord) -> HTML {
        guard !record.deliveries.isEmpty else { return "<p class=\"now\">It is \(Badge.of("unrouted"))</p>" }
        let states = record.deliveries.html { "\(Badge.of($0.state)) to \($0.destination) " }
        return "<p class=\"now\">\(states)</p>"
    }

    static func deliveries(_ record: RequestRecord, _ visit: Visit) -> HTML {
        if record.deliveries.isEmpty {
            return
                "<h2>Deliveries</h2><p class=\"empty\">No route fitted its topic. Make a route, or replay it to a destination.</p>"
        }
        return record.deliveries.html { delivery in
            let link = visit.link("/destinations/" + delivery.destination)
            return """
                <h2>To <a href="\(link)">\(delivery.destination)</a> \(Badge.of(delivery.state))</h2>
                <p>Attempts so far: \(delivery.attempts)\(delivery.dueAt.map { " · due \(.time($0) as HTML)" as HTML })</p>
                \(attempts(record.attempts.filter { $0.lane == delivery.lane }, of: delivery))
                """
        }
    }

    private static func attempts(_ attempts: [RequestRecord.Attempt], of delivery: RequestRecord.Delivery) -> HTML {
        Table(
            "Attempts to \(delivery.destination)",
            ["Attempt", "Finished", "Verdict", "Class", "Status", "Took", "Next", "Error", "Response"],
            ifEmpty: "There was no attempt yet."
        ).of(attempts) { attempt in
            [
                "\(attempt.number)", .time(attempt.finishedAt), Badge.of(attempt.verdict),
                "\(attempt.attemptClass.replacing("_", with: " "))", attempt.status.map { "\($0)" } ?? .none,
                .milliseconds(microseconds: attempt.latencyMicroseconds), .time(attempt.nextDueAt),
                "\(attempt.error ?? "")", response(attempt),
            ]
        }
    }

    private static func response(_ attempt: RequestRecord.Attempt) -> HTML {
        guard attempt.responseHead != nil || attempt.responseBody != nil else { return .none }
        return """
            <details id="response-\(attempt.lane)-\(attempt.finishedAt.microseconds)"><summary>Show</summary>\
            <pre tabindex="0">\(attempt.responseHead ?? "")</pre>\(attempt.responseBody.map { BodyText.markup($0) })</details>
            """
    }

    static func headers(_ record: RequestRecord) -> HTML {
        let table = Table("Headers", ["Name", "Value"], ifEmpty: "It came without headers.").of(record.headers.fields) {
            ["\($0.name)", "<span class=\"long\">\($0.value)</span>"]
        }
        return "<h2>Headers</h2>\(table)"
    }

    /// - Parameter body: nil where it is too large for a page.
    static func body(_ body: [UInt8]?, of record: RequestRecord, _ visit: Visit) -> HTML {
        let shown =
            body.map(BodyText.markup)
            ?? "<p class=\"empty\">It has \(.bytes(record.bytes) as HTML); a page shows up to \(.bytes(BodyText.limit) as HTML).</p>"
        return """
            <h2>Body</h2>\(shown)
            <p><a href="\(visit.link("/requests/\(record.id)/body"))" download>Download the body</a></p>
            """
    }

    private static func pretty(_ json: String) -> String {
        (try? JSONValue(parsing: Array(json.utf8)))?.indented ?? json
    }
}
