import API
import HTTPTypes
import Logging
import Model
import Postgres
import Tenants

/// `/live?page=…`: what of a page has changed, as it changes.
struct LivePages: Sendable {
    let pages: [PageRoute]
    let door: Door
    let snapshot: @Sendable () -> TenantSnapshot
    let logger: Logger
    private let streams = LiveStreams()
    private let samples = LiveSamples()

    init(pages: [PageRoute], door: Door, snapshot: @escaping @Sendable () -> TenantSnapshot, logger: Logger) {
        (self.pages, self.door, self.snapshot, self.logger) = (pages, door, snapshot, logger)
    }

    /// Ends all streams, and opens no more.
    func end() { streams.end() }

    func open(_ call: Call) async throws -> Answer {
        guard let opened = door.session(call) else { throw Problem(.forbidden, "The session has ended. Log in again.") }
        let target = try Query(call.queryText, allowed: ["page"])["page"] ?? "/"
        let (path, text) = (target.prefix { $0 != "?" }, target.drop { $0 != "?" }.dropFirst())
        let parts = PathPattern.split(path)
        guard
            let (page, parameters) = pages.lazy.compactMap({ page in page.path.match(parts).map { (page, $0) } }).first
        else { throw Problem(.notFound, "There is no such page.") }
        let query = try page.query(text)
        let first = try await door.visit(
            opened, path: String(path), query: query, parameters: parameters, snapshot: call.snapshot, now: call.now)
        guard !page.isOfTenant || first.tenant != nil else { throw Problem(.notFound, "Choose a tenant first.") }
        guard let seat = streams.take(of: first.tenant?.id) else {
            throw Problem(.overloaded, "As many pages are live as may be. Reload the page to see it anew.").retry(
                after: 30)
        }
        let token = call.operatorToken
        let key = LiveSamples.Key(first)
        let stream = LiveStream(
            seat: seat,
            isGood: { Viewer(opened.session, snapshot(), operatorToken: token, now: .now) != nil },
            regions: {
                try await samples.regions(key) {
                    let visit = try await door.visit(
                        opened, path: String(path), query: query, parameters: parameters, snapshot: snapshot(),
                        now: .now)
                    guard let tenant = visit.tenant else { return try await page.page(visit).regions }
                    return try await TenantScope.run(tenant.id) { try await page.page(visit).regions }
                }
            }, logger: logger)
        return .events(Answer.pageFields, to: call) { try await stream.next() }
    }
}
