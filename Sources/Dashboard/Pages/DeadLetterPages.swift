import API
import JSON
import Model
import Postgres
import Requests
import Tenants

/// `/dead-letters`: what was given up, and beginning a replay of it; `/replays`: how far replays are.
struct DeadLetterPages {
    private static let rows = 50
    private static let section = "/dead-letters"
    private static let filters = ["destination", "class", "from", "to"]

    let stores: APIStores

    var routes: [PageRoute] {
        [
            PageRoute("/dead-letters", reads: Self.filters + ["before", "count"], list),
            PageRoute("/replays", reads: ["before"], replays),
        ]
    }

    var actions: [ActionRoute] {
        [
            ActionRoute("/dead-letters/replay", fields: Self.filters + ["rate"], replay),
            ActionRoute("/replays/{id}/cancel", cancel),
        ]
    }

    private func filter(_ query: Query, _ tenant: Tenant) async throws -> DeadLetterFilter {
        var filter = DeadLetterFilter()
        filter.destination = try await stores.tenants.destinationID(filteredBy: query, of: tenant)
        if let word = query.filled("class") {
            guard AttemptClass(rawValue: word) != nil else { throw Problem(.invalidRequest, "Choose a class.") }
            filter.attemptClass = word
        }
        filter.deadFrom = try query.moment("from")
        filter.deadBefore = try query.moment("to")
        return filter
    }

    private func list(_ visit: Visit) async throws -> Page {
        let (tenant, query) = (try visit.requireTenant(), visit.query)
        let filter = try await filter(query, tenant)
        let page = try await stores.replays.letters(
            filter, before: query.filled("before").flatMap(DeadLetter.Position.init), limit: Self.rows,
            tenant: tenant.id, shard: tenant.shard)
        let next: HTML? = page.next.map { position in
            let link = visit.link("/dead-letters", query, keeping: Self.filters, ("before", position.words))
            return "<p class=\"more\"><a href=\"\(link)\">Next page</a></p>"
        }
        let (search, letters): (HTML, HTML) = (Self.search(visit), "\(Self.table(page.items, visit))\(next)")
        guard query["count"] != nil, visit.viewer.mayManage else {
            return Page("Dead letters", section: Self.section, [.still(search), .live("letters", letters)])
        }
        // Not live: it looks at up to 100,000 rows, once for who asks.
        let (count, isExact) = try await stores.replays.count(filter, tenant: tenant.id, shard: tenant.shard)
        return Page(
            "Dead letters", section: Self.section,
            [.still(search), .still(Self.order(count, isExact: isExact, visit)), .still(letters)])
    }

    private func replay(_ visit: Visit, _ form: Query) async throws -> String {
        let tenant = try visit.requireTenant()
        guard let rate = Double(form["rate"] ?? ""), ReplayOrder.rates.contains(rate) else {
            throw Problem(.invalidRequest, "The rate must be a number from 0.01 to 1000 a second.")
        }
        let task = try await stores.replays.start(
            try await filter(form, tenant), ratePerSecond: rate, tenant: tenant.id, shard: tenant.shard,
            actor: visit.viewer.actor)
        guard task != nil else {
            throw Problem(.replayLimit, "8 replays of the tenant run already. Cancel one, or wait until one has ended.")
        }
        return visit.link("/replays", ["done": Done.replay.rawValue])
    }

    private func replays(_ visit: Visit) async throws -> Page {
        let tenant = try visit.requireTenant()
        let page = try await stores.replays.list(
            before: visit.query.filled("before").flatMap { ReplayID($0) }, limit: Self.rows, tenant: tenant.id,
            shard: tenant.shard)
        let next: HTML? = page.next.map { id in
            "<p class=\"more\"><a href=\"\(visit.link("/replays", ["before": id.description]))\">Next page</a></p>"
        }
        let running = page.items.filter { $0.state == "running" }
        let cancels = running.html { task in
            visit.form(
                "/replays/\(task.id)/cancel", .empty,
                button: "Cancel the replay of \(task.createdAt.rfc3339.prefix(19))",
                isGrave: true)
        }
        return Page(
            "Replays", section: "/replays",
            [
                .live(
                    "running", isAnnounced: true, "<p>\(running.isEmpty ? "None runs." : "\(running.count) run.")</p>"),
                .live("replays", "\(Self.table(page.items))\(next)"), .still(cancels),
            ])
    }

    private func cancel(_ visit: Visit, _ form: Query) async throws -> String {
        let tenant = try visit.requireTenant()
        guard let id = ReplayID(visit["id"]),
            try await stores.replays.find(id, tenant: tenant.id, shard: tenant.shard) != nil
        else {
            throw Problem(.notFound, "This tenant has no such replay.")
        }
        _ = try await stores.replays.cancel(id, tenant: tenant.id, shard: tenant.shard)
        return visit.link("/replays", ["done": Done.ended.rawValue])
    }
}

extension DeadLetterPages {
    private static func search(_ visit: Visit) -> HTML {
        let query = visit.query
        let classes = AttemptClass.allCases.map { Form.Choice($0.rawValue, $0.rawValue.replacing("_", with: " ")) }
        return """
            <form method="get" action="/dead-letters" class="fields" role="search">\(visit.tenantField)
            \(Form.text("destination", "Destination", value: query["destination"] ?? ""))
            \(Form.choice("class", "Last attempt", [.init("", "any")] + classes, chosen: query["class"] ?? ""))
            \(Form.text("from", "Dead from", value: query["from"] ?? "", hint: "2026-01-31T09:30Z"))
            \(Form.text("to", "Dead before", value: query["to"] ?? "", hint: "2026-01-31T10:00Z"))
            <p class="field"><button>Search</button>
            \(visit.viewer.mayManage ? "<button name=\"count\" value=\"yes\">Count, and replay…</button>" : .empty as HTML)</p></form>
            """
    }

    /// How many a replay would take, and the form that begins it.
    private static func order(_ count: Int64, isExact: Bool, _ visit: Visit) -> HTML {
        let words: HTML = isExact ? "\(.count(count) as HTML)" : "more than \(.count(count) as HTML)"
        if count == 0, isExact {
            return "<p class=\"notice\" role=\"status\">None fits: there is nothing to replay.</p>"
        }
        let kept = filters.html { name in visit.query.filled(name).map { Form.hidden(name, $0) } ?? .empty }
        return """
            <section class="order" aria-labelledby="order"><h2 id="order">Replay \(words) dead letters</h2>
            <p>They wait again, oldest first, with all their attempts; those whose time has passed stay dead.</p>
            \(visit.form(
                "/dead-letters/replay",
                "\(kept)\(Form.text("rate", "A second at most", value: "100", isRequired: true))", button: "Replay them"))
            </section>
            """
    }

    private static func table(_ letters: [DeadLetter], _ visit: Visit) -> HTML {
        Table(
            "Dead letters", ["Request", "Died", "Destination", "What", "Attempts", "Class", "Status", "Error"],
            ifEmpty: "There is no dead letter that fits."
        ).of(letters) { letter in
            [
                "<a href=\"\(visit.link("/requests/\(letter.position.request)"))\">\(.short(letter.position.request) as HTML)</a>",
                .time(letter.deadAt), "\(letter.destination)",
                RequestTable.target(letter.method, letter.path, letter.query), "\(letter.attempts)",
                "\(letter.attemptClass.replacing("_", with: " "))", letter.status.map { "\($0)" } ?? .none,
                "\(letter.error ?? "")",
            ]
        }
    }

    private static func table(_ tasks: [ReplayTask]) -> HTML {
        Table(
            "Replays",
            ["Begun", "State", "Destination", "Class", "Rate", "Looked at", "Replayed", "Expired", "Ended", "Who"],
            ifEmpty: "There was none. Dead letters are replayed from their list."
        ).of(tasks) { task in
            [
                .time(task.createdAt), Badge.of(task.state), "\(task.destination ?? "all")",
                "\(task.attemptClass?.replacing("_", with: " ") ?? "all")", "\(JSONNumber(task.ratePerSecond).json)/s",
                .count(task.examined), .count(task.replayed), .count(task.expired), .time(task.endedAt),
                "\(task.actor)",
            ]
        }
    }
}

extension DeadLetter.Position {
    fileprivate var words: String { "\(request).\(lane)" }

    fileprivate init?(_ words: String) {
        let parts = words.split(separator: ".")
        guard parts.count == 2, let request = RequestID(parts[0]), let lane = Int64(parts[1]) else { return nil }
        self.init(request: request, lane: lane)
    }
}
