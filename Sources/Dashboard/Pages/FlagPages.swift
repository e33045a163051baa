import API
import FlagEngine
import JSON
import Model
import Tenants

/// `/flags`, and `/flags/{environment}/{key}`: a flag with its rollouts and their evidence, and the ways back.
struct FlagPages {
    private static let rows = 50
    private static let section = "/flags"

    let store: TenantStore

    var routes: [PageRoute] {
        [
            PageRoute("/flags", reads: ["environment", "from"], list),
            PageRoute("/flags/{environment}/{key}", show),
        ]
    }

    var actions: [ActionRoute] {
        [
            ActionRoute("/flags/{environment}/{key}/kill", fields: ["variant", "reason"], kill),
            ActionRoute("/flags/{environment}/{key}/rollout", fields: ["command", "reason"], order),
        ]
    }

    private func list(_ visit: Visit) async throws -> Page {
        let tenant = try visit.requireTenant()
        let environments = try await store.environments(of: tenant.id, shard: tenant.shard)
        let name = visit.query.filled("environment") ?? environments.first?.name ?? FlagEnvironment.standard
        guard environments.isEmpty || environments.contains(where: { $0.name == name }) else {
            throw Problem(.notFound, "This tenant has no such environment.")
        }
        let environment = FlagEnvironment(tenant: tenant.id, shard: tenant.shard, name: name)
        let found = try await store.flags(from: visit.query["from"] ?? "", limit: Self.rows + 1, in: environment)
        let next: HTML? =
            found.count > Self.rows
            ? (found.last?.key).map { key in
                let link = visit.link("/flags", ["environment": name, "from": key])
                return "<p class=\"more\"><a href=\"\(link)\">Next page</a></p>"
            } : nil
        let tabs = environments.html { item in
            let current: HTML = item.name == name ? " aria-current=\"true\"" : ""
            return """
                <li><a href="\(visit.link("/flags", ["environment": item.name]))"\(current)>\(item.name)</a> \
                (\(item.flags))</li>

                """
        }
        let choice: HTML =
            environments.isEmpty ? .empty : "<nav aria-label=\"Environments\"><ul class=\"tabs\">\(tabs)</ul></nav>"
        return Page(
            "Flags", section: Self.section,
            [
                .still(choice),
                .live("flags", "\(FlagParts.table(found.prefix(Self.rows), in: environment, visit))\(next)"),
            ])
    }

    private func show(_ visit: Visit) async throws -> Page {
        let (key, environment) = try Self.place(visit)
        async let revisions = store.revisions(of: key, limit: 20, in: environment)
        async let rollouts = store.rollouts(of: key, limit: 10, in: environment)
        guard let flag = try await store.flag(key, in: environment) else { throw Self.unknown }
        let (history, found) = (try await revisions, try await rollouts)
        let path = "/flags/\(environment.name)/\(key)"
        return Page(
            key, section: Self.section, heading: "\(key) <span class=\"of\">in \(environment.name)</span>",
            [
                .live("now", isAnnounced: true, FlagParts.now(flag, found.first)),
                .live("flag", FlagParts.state(flag)), .live("rollout", FlagParts.rollouts(found)),
                .still(
                    FlagParts.commands(flag, path, isRollingOut: found.first?.endedAt == nil && !found.isEmpty, visit)),
                .live("definition", FlagParts.definition(flag)), .live("revisions", FlagParts.revisions(history)),
            ])
    }

    private func kill(_ visit: Visit, _ form: Query) async throws -> String {
        let (key, environment) = try Self.place(visit)
        let author = try Self.author(visit, form)
        try await changingFlags {
            _ = try await store.killFlag(key, to: form.filled("variant"), in: environment, by: author)
        }
        return visit.link("/flags/\(environment.name)/\(key)", ["done": Done.killed.rawValue])
    }

    private func order(_ visit: Visit, _ form: Query) async throws -> String {
        let (key, environment) = try Self.place(visit)
        guard let order = RolloutOrder(rawValue: form["command"] ?? "") else {
            throw Problem(.invalidRequest, "Choose a command.")
        }
        do {
            try await store.order(order, rolloutOf: key, in: environment, by: try Self.author(visit, form))
        } catch let refusal as RolloutRefusal {
            throw Problem(refusal)
        }
        return visit.link("/flags/\(environment.name)/\(key)", ["done": Done.rollout.rawValue])
    }

    private static func place(_ visit: Visit) throws -> (key: String, FlagEnvironment) {
        let (tenant, key, name) = (try visit.requireTenant(), visit["key"], visit["environment"])
        guard FlagKey.isValid(key), name.isSlug else { throw unknown }
        return (key, FlagEnvironment(tenant: tenant.id, shard: tenant.shard, name: name))
    }

    private static func author(_ visit: Visit, _ form: Query) throws -> FlagAuthor {
        let reason = form.filled("reason")
        guard reason?.utf8.count ?? 0 <= FlagAuthor.reasonLimit else {
            throw Problem(.invalidRequest, "A reason may have \(FlagAuthor.reasonLimit) bytes.")
        }
        return FlagAuthor(visit.viewer.actor, reason: reason)
    }

    private static var unknown: Problem { Problem(.notFound, "This environment has no such flag.") }
}
