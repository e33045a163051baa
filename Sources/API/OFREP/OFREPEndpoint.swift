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
    private static let poll = Duration.milliseconds(20)

    let snapshot: @Sendable () -> TenantSnapshot
    let uses: FlagUses
    let streams: FlagStreams
    let limits: ClientKeyLimits
    let logger: Logger

    var routes: [Route] {
        ["/ofrep/v1/evaluate/flags/{key}", "/ofrep/v1/evaluate/flags"].map { (path: PathPattern) in
            .open(.options, path) { _ in OFREPAnswer.preflight }
        } + [
            .flags(.post, "/ofrep/v1/evaluate/flags/{key}") { call in
                await answer(call, key: String(call["key"]), evaluateOne)
            },
            .flags(.post, "/ofrep/v1/evaluate/flags") { call in await answer(call, key: nil, evaluateAll) },
            .open(.get, "/ofrep/v1/sse", stream),
        ]
    }

    private func answer(
        _ call: Call, key: String?, _ evaluate: (Call, OFREPCaller) async throws -> Answer
    ) async -> Answer {
        let answer: Answer
        do {
            let caller = try OFREPCaller(call)
            call.access.uses.note(caller.caller, at: call.now)
            if caller.isClient { try limits.take(caller.caller.key) }
            answer = try await evaluate(call, caller)
        } catch let problem as Problem where problem.kind == .payloadTooLarge {
            answer = OFREPAnswer.refusal(.contentTooLarge, key: key, code: "GENERAL", problem.detail)
        } catch let problem as Problem where problem.kind == .rateExceeded {
            answer = problem.answer
        } catch {
            answer = Problem(error, logger: logger).answer
        }
        return OFREPAnswer.forBrowsers(answer)
    }

    private func evaluateOne(_ call: Call, _ caller: OFREPCaller) async throws -> Answer {
        let key = String(call["key"])
        switch try await OFREPContext(call) {
        case .invalid(let details):
            return OFREPAnswer.refusal(.badRequest, key: key, code: "INVALID_CONTEXT", details)
        case .object(let attributes):
            let evaluation = caller.flags(in: snapshot()).evaluate(
                key, caller.context(attributes), at: call.now.microseconds / 1_000_000)
            uses.note([evaluation], in: caller.environment, at: call.now)
            return OFREPAnswer.one(evaluation)
        }
    }

    private func evaluateAll(_ call: Call, _ caller: OFREPCaller) async throws -> Answer {
        switch try await OFREPContext(call) {
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
