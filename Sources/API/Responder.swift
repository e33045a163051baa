import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import Postgres
import Tenants

/// Answers all requests but captures.
struct Responder: Sendable {
    let router: Router
    let snapshot: @Sendable () -> TenantSnapshot
    let bodies: BodyReader
    let access: Access
    let logger: Logger
    /// What has no route.
    private let unrouted = AnswerMetrics("ANY", "elsewhere")

    init(
        router: Router, snapshot: @escaping @Sendable () -> TenantSnapshot, bodies: BodyReader, access: Access,
        logger: Logger
    ) {
        self.router = router
        self.snapshot = snapshot
        self.bodies = bodies
        self.access = access
        self.logger = logger
    }

    /// nil where nothing must be written any more.
    func respond(to request: Request, on channel: any Channel) async -> Response? {
        let start = ContinuousClock.now
        let answer: Answer
        var metrics = unrouted
        do {
            let (route, parameters) = try router.find(request.method, (request.head.path ?? "").prefix { $0 != "?" })
            metrics = route.metrics
            let call = Call(
                request: request, channel: channel, parameters: parameters, snapshot: snapshot(), now: .now,
                bodies: bodies, access: access)
            answer = try await route.answer(call)
        } catch is BrokenBody {
            return nil
        } catch  where error is ChannelError || error is IOError {
            logger.trace("connection lost", metadata: ["error": "\(error)"])
            return nil
        } catch {
            answer = Problem(error, logger: logger).answer
        }
        metrics.answered(answer.head, since: start)
        return request.method == .head ? answer.response.createHeadResponse() : answer.response
    }
}
