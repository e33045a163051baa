import HTTPTypes
import Logging
import Requests
import Tenants

/// `ANY /in/{destination}/{path}`: stores the request as it came. The hot path: it runs on the connection's event loop,
/// without a task, and nothing here parses, logs or copies what it need not.
struct CaptureEndpoint: Sendable {
    let configuration: APIConfiguration
    let snapshot: @Sendable () -> TenantSnapshot
    let budget: BodyBudget
    let access: Access
    let limits: IngestLimits
    let store: RequestStore
    let waiting: OutcomeWaiting
    let logger: Logger

    static func takes(_ head: HTTPRequest) -> Bool {
        head.path?.utf8.starts(with: CaptureTarget.prefix.utf8) == true && head.method != .connect
    }

    /// Of a head that it takes. Throws a `Problem`.
    func capture(_ head: HTTPRequest) throws -> Capture {
        try Capture(head, snapshot: snapshot(), access: access, limits: limits, bodyLimit: configuration.bodyLimit)
    }

    /// `whenDone` is called on any thread.
    func store(_ capture: Capture, whenDone: @escaping @Sendable (Answer) -> Void) {
        if let preference = capture.preference { return store(capture, preference, whenDone: whenDone) }
        let (id, allowance) = (capture.id, capture.allowance)
        store.store(capture.request, within: configuration.storeDeadline) { [logger] outcome in
            do {
                whenDone(try Acceptance(try outcome.get(), of: id).answer.telling(allowance))
            } catch {
                whenDone(Problem(error, storing: id, logger: logger).answer)
            }
        }
    }

    private func store(_ capture: Capture, _ preference: Preference, whenDone: @escaping @Sendable (Answer) -> Void) {
        let (request, isAwaited) = waiting.enter(capture.request)
        let allowance = capture.allowance
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
