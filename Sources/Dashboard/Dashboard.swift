package import API
import HTTPTypes
package import Logging
package import Model
package import Requests
import ServiceLifecycle
package import Tenants

/// The pages of the gateway, for people. It lies above the API, and reads and does all by the same stores.
///
/// As a service it ends the streams of live pages when a shutdown begins.
package struct Dashboard: Service {
    private let door: Door
    private let pages: [PageRoute]
    private let actions: [ActionRoute]
    private let requests: RequestPages
    private let layout = Layout(assets: Assets())
    private let live: LivePages
    private let logger: Logger

    /// - Parameters:
    ///   - statistics: of one tenant, within its scope.
    ///   - allStatistics: of all tenants.
    ///   - snapshot: called for each look at a page; must be cheap.
    ///   - secrets: seals sessions.
    ///   - arm: is told of lanes in which deliveries may be claimed again.
    package init(
        stores: APIStores, statistics: StatisticsReader, allStatistics: StatisticsReader,
        snapshot: @escaping @Sendable () -> TenantSnapshot, secrets: SecretBox,
        arm: @escaping @Sendable (LaneID) -> Void, logger: Logger
    ) {
        let destinations = DestinationPages(stores: stores, arm: arm)
        let letters = DeadLetterPages(stores: stores)
        let flags = FlagPages(store: stores.tenants)
        requests = RequestPages(stores: stores, arm: arm)
        pages =
            OverviewPages(stores: stores, statistics: statistics, allStatistics: allStatistics).routes
            + destinations.routes + requests.routes + letters.routes + flags.routes
        actions = destinations.actions + requests.actions + letters.actions + flags.actions
        door = Door(cookie: SessionCookie(secrets: secrets), operators: stores.operators)
        live = LivePages(pages: pages, door: door, snapshot: snapshot, logger: logger)
        self.logger = logger
    }

    package func run() async {
        try? await gracefulShutdown()
        live.end()
    }

    package var routes: [Route] {
        let login = LoginPages(door: door, layout: layout, pages: pages)
        let download = PageRoute("/requests/{id}/body") { _ in throw Elsewhere("/requests") }
        return pages.map(route) + actions.map(route) + layout.assets.routes + [
            .page(.get, "/requests/{id}/body") { call in
                await answering(call) {
                    try await visiting(download, call) { visit in try await requests.download(visit) }
                }
            },
            .page(.get, "/login") { call in await answering(call) { try login.form(call) } },
            .page(.post, "/login") { call in
                let form = try await Self.formText(call)
                return await answering(call) { try login.open(call, form) }
            },
            .page(.post, "/logout") { call in
                let form = try await Self.formText(call)
                return await answering(call) { try login.close(call, form) }
            },
            .page(.get, "/live") { call in await answering(call) { try await live.open(call) } },
        ]
    }

    private func route(_ page: PageRoute) -> Route {
        .page(.get, page.path) { call in
            await answering(call) {
                try await visiting(page, call) { visit in
                    .page(.ok, layout.document(try await page.page(visit), visit))
                }
            }
        }
    }

    private func route(_ action: ActionRoute) -> Route {
        .page(.post, action.path) { call in
            let text = try await Self.formText(call)
            return await answering(call) {
                guard let opened = door.session(call) else { return .seeOther("/login") }
                let form = try Query(text[...], allowed: action.fields + ["token"])
                try door.requireOwnForm(call, form, opened.session)
                let query = try Query(call.queryText, allowed: ["tenant"])
                let visit = try await door.visit(opened, call, query: query)
                try visit.requireManaging()
                let tenant = try visit.requireTenant()
                return .seeOther(try await TenantScope.run(tenant.id) { try await action.perform(visit, form) })
            }
        }
    }

    private func visiting(
        _ page: PageRoute, _ call: Call, _ answer: (Visit) async throws -> Answer
    ) async throws -> Answer {
        guard let opened = door.session(call) else {
            return .seeOther("/login?then=" + percentEncoded(call.head.path ?? "/"))
        }
        let visit = try await door.visit(opened, call, query: try page.query(call.queryText))
        guard let tenant = visit.tenant else { return page.isOfTenant ? .seeOther("/") : try await answer(visit) }
        return try await TenantScope.run(tenant.id) { try await answer(visit) }
    }

    /// An error becomes a page that says what was wrong.
    private func answering(_ call: Call, _ answer: () async throws -> Answer) async -> Answer {
        do {
            return try await answer()
        } catch let error as Elsewhere {
            return .seeOther(error.path)
        } catch {
            return .page(Problem(error, logger: logger), layout)
        }
    }

    /// What a form may send: a reason and names.
    private static func formText(_ call: Call) async throws -> String {
        try await call.withBody(limit: 16 << 10) { String(decoding: $0, as: UTF8.self) }
    }
}
