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
        let (id, allowance) = (capture.id, capture.allowance)
        store.store(capture.request, within: configuration.storeDeadline) { [logger] outcome in
            do {
                whenDone(try Acceptance(try outcome.get(), of: id).answer.telling(allowance))
            } catch {
                whenDone(Problem(error, storing: id, logger: logger).answer)
            }
        }
    }
}
