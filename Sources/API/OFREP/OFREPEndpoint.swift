import Crypto
import FlagEngine
import FoundationEssentials
import HTTPTypes
import HummingbirdCore
import JSON
import Logging
import NIOCore
import Postgres
import Tenants

/// The OpenFeature Remote Evaluation Protocol (OFREP 0.3), so that any stock OpenFeature SDK evaluates a tenant's flags.
///
/// A key with the scope `read` evaluates all flags of its environment; one with `flags-client` those that are visible to
/// clients, from browsers too (CORS), and at a limited rate.
struct OFREPEndpoint: Sendable {
    /// How long an answer waits for flags of which the caller knows that they have changed.
    private static let patience = Duration.seconds(1)
    /// A look is one in a dictionary; a snapshot comes some milliseconds after the notification.
    private static let poll = Duration.milliseconds(20)

    let snapshot: @Sendable () -> TenantSnapshot
    let uses: FlagUses
    let streams: FlagStreams
    let limits: ClientKeyLimits
    let logger: Logger

    var routes: [Route] {
        [EvaluationEndpoint.path, "/ofrep/v1/evaluate/flags"].map { path in
            .open(.options, path) { _ in OFREPAnswer.preflight }
        } + [
            // Taken by `EvaluationEndpoint` before it comes here; it stands among the methods of its path.
            .flags(.post, EvaluationEndpoint.path) { _ in throw Problem(FlagRefusal.unknownFlag) },
            .flags(.post, "/ofrep/v1/evaluate/flags") { call in
                do {
                    return OFREPAnswer.forBrowsers(try await evaluateAll(call))
                } catch {
                    return refusal(error, key: nil)
                }
            },
            .open(.get, "/ofrep/v1/sse", stream),
        ]
    }

    /// An error as the protocol has it.
    func refusal(_ error: any Error, key: String?) -> Answer {
        let problem = Problem(error, logger: logger)
        guard problem.kind == .payloadTooLarge else { return OFREPAnswer.forBrowsers(problem.answer) }
        return OFREPAnswer.forBrowsers(
            OFREPAnswer.refusal(.contentTooLarge, key: key, code: "GENERAL", problem.detail))
    }

    /// Who calls. Throws a `Problem`.
    func caller(_ headers: HTTPFields, _ access: Access, in snapshot: TenantSnapshot, now: Timestamp) throws
        -> OFREPCaller
    {
        let caller = try OFREPCaller(headers, in: snapshot, now: now)
        access.uses.note(caller.caller, at: now)
        if caller.isClient { try limits.take(caller.caller.key) }
        return caller
    }

    private func evaluateAll(_ call: Call) async throws -> Answer {
        let caller = try caller(call.request.headers, call.access, in: call.snapshot, now: call.now)
        switch try await call.withBody(limit: FlagLimits.contextBytes, { OFREPContext($0) }) {
        case .invalid(let details):
            return OFREPAnswer.refusal(.badRequest, key: nil, code: "INVALID_CONTEXT", details)
        case .object(let attributes):
            let flags = caller.flags(in: await current(call, caller))
            let evaluations = flags.evaluateAll(
                caller.context(attributes), at: call.now.microseconds / 1_000_000)
            uses.note(evaluations, in: caller.environment, at: call.now)
            let stream = FlagStreamToken(caller.caller.key, caller.hash).text
            return OFREPAnswer.all(
                evaluations, metadata: flags.metadata, stream: stream,
                unless: call.request.headers[.ifNoneMatch])
        }
    }

    /// The snapshot; where the caller has heard of a later version of the flags than is here, it may come yet.
    private func current(_ call: Call, _ caller: OFREPCaller) async -> TenantSnapshot {
        let target = call.request.head.path ?? ""
        guard let heard = FlagStreamEvent.version(inQuery: target.drop { $0 != "?" }.dropFirst()) else {
            return snapshot()
        }
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let snapshot = snapshot()
            let version = snapshot.flags(caller.environment)?.version ?? 0
            if version >= heard || ContinuousClock.now >= deadline { return snapshot }
            try? await Task.sleep(for: Self.poll)
        }
    }

    /// Tells of changes and of nothing else: browsers can't send headers with an EventSource, so what opens it stands in
    /// the URL.
    private func stream(_ call: Call) async throws -> Answer {
        let target = call.request.head.path ?? ""
        let query = try Query(lenient: target.drop { $0 != "?" }.dropFirst(), reading: ["token"])
        let snapshot = snapshot()
        guard let token = query["token"].flatMap(FlagStreamToken.init),
            let found = snapshot.caller(token.key, now: call.now), token.isOf(found.hash),
            found.tenant.state == .active
        else {
            throw Problem.unauthorized(
                "The stream's URL is not, or no longer, good: evaluate all flags to get the present one.",
                challenge: #"Bearer realm="sluice""#)
        }
        let last = call.request.headers[.lastEventID].flatMap { Int64($0) }
        guard let listener = streams.open(found.caller, last: last) else {
            throw Problem(.rateExceeded, "As many streams are open as may be. Ask now and then in place of it.")
                .retry(after: 30)
        }
        return OFREPAnswer.forBrowsers(OFREPAnswer.stream(listener, jitter: streams.jitter))
    }
}

extension HTTPField.Name {
    static let lastEventID = known("Last-Event-ID")
    static let apiKey = known("X-API-Key")
}
