import HTTPTypes
import Logging
import Requests
import Tenants

/// `ANY /in/{destination}/{path}`: stores the request as it came. The hot path: it runs on the connection's event loop,
/// without a task, and nothing here parses, logs or copies what it need not.
struct CaptureEndpoint: DirectEndpoint {
    let configuration: APIConfiguration
    let snapshot: @Sendable () -> TenantSnapshot
    let budget: BodyBudget
    let access: Access
    let limits: IngestLimits
    let store: RequestStore
    let waiting: OutcomeWaiting
    let logger: Logger
    let metrics = AnswerMetrics("ANY", "/in/{destination}/{path}", door: "/in/{destination}/{path}")

    func takes(_ head: HTTPRequest) -> Bool {
        head.path?.utf8.starts(with: CaptureTarget.prefix.utf8) == true && head.method != .connect
    }

    /// Throws a `Problem`.
    func begin(_ head: HTTPRequest) throws -> Capture {
        try Capture(head, snapshot: snapshot(), access: access, limits: limits, bodyLimit: configuration.bodyLimit)
    }

    func refusal(_ error: any Error, of head: HTTPRequest) -> Answer { Problem(error, logger: logger).answer }

    func finish(_ capture: Capture, whenDone: @escaping @Sendable (Answer) -> Void) {
        switch capture.sender {
        // Verified in a task, off the event loop: the hash of a large body takes milliseconds.
        case .source(let inbound): Task { storeIfVerified(capture, inbound, whenDone: whenDone) }
        case .caller:
            do {
                let request = try capture.request()
                if let preference = capture.preference {
                    storeAndWait(request, preference, capture.allowance, whenDone: whenDone)
                } else {
                    store(request, capture.allowance, whenDone: whenDone)
                }
            } catch {
                whenDone(Problem(error, logger: logger).answer)
            }
        }
    }

    /// Only what is verified counts against the tenant's limits: who has a source's URL and not its secret uses up
    /// nothing.
    private func storeIfVerified(
        _ capture: Capture, _ inbound: Inbound, whenDone: @escaping @Sendable (Answer) -> Void
    ) {
        do {
            let request = try capture.request()
            let allowance = try limits.take(1, of: inbound.tenant)
            limits.note(max(0, request.addressee.lanes.count - 1), of: inbound.tenant)
            store(request, allowance, whenDone: whenDone)
        } catch {
            whenDone(Problem(error, logger: logger).answer)
        }
    }

    private func store(
        _ request: NewRequest, _ allowance: RateAllowance?, whenDone: @escaping @Sendable (Answer) -> Void
    ) {
        let id = request.id
        store.store(request, within: configuration.storeDeadline) { [logger] outcome in
            do {
                whenDone(try Acceptance(try outcome.get(), of: id).answer.telling(allowance))
            } catch {
                whenDone(Problem(error, storing: id, logger: logger).answer)
            }
        }
    }

    private func storeAndWait(
        _ capture: NewRequest, _ preference: Preference, _ allowance: RateAllowance?,
        whenDone: @escaping @Sendable (Answer) -> Void
    ) {
        let (request, isAwaited) = waiting.enter(capture)
        store.store(request, within: configuration.storeDeadline) { [logger, waiting] outcome in
            do {
                let acceptance = try Acceptance(try outcome.get(), of: request.id)
                guard isAwaited else { return whenDone(acceptance.answer.telling(allowance)) }
                Task { whenDone(await waiting.answer(acceptance, to: request, preference).telling(allowance)) }
            } catch {
                waiting.waiters.leave(request.id)
                whenDone(Problem(error, storing: request.id, logger: logger).answer)
            }
        }
    }
}
