import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// What answers requests on the connection's event loop, without a task: those that come most.
protocol DirectEndpoint: Sendable {
    associatedtype Intake: DirectIntake

    var budget: BodyBudget { get }
    var metrics: AnswerMetrics { get }

    func takes(_ head: HTTPRequest) -> Bool

    /// Of a head that it takes. Throws what `refusal` answers.
    func begin(_ head: HTTPRequest) throws -> Intake

    /// `whenDone` is called on any thread.
    func finish(_ intake: Intake, whenDone: @escaping @Sendable (Answer) -> Void)

    /// What `begin` or the intake threw, for the caller.
    func refusal(_ error: any Error, of head: HTTPRequest) -> Answer
}

/// A request on its way in, whose head has been accepted.
protocol DirectIntake {
    /// Throws a `Problem` where the body has become too large.
    mutating func append(_ part: ByteBuffer) throws
}

/// Serves an endpoint on the connection's event loop; passes other requests on. A request follows when the one before it
/// has been answered: `HTTPConnection` sees to that.
final class DirectHandler<Endpoint: DirectEndpoint>: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundOut = HTTPResponsePart

    /// Bytes of a refused request's body that are dropped before its answer. One that goes on ends the connection,
    /// which is dearer than to read so much.
    private static var dropLimit: Int { 64 << 10 }

    private let endpoint: Endpoint
    private var context: ChannelHandlerContext?
    private var isTaking = false
    private var begun = ContinuousClock.now
    private var head: HTTPRequest?
    private var intake: Endpoint.Intake?
    private var refusal: Answer?
    private var hasAnswerBody = true
    private var dropped = 0
    private var held = 0

    init(_ endpoint: Endpoint) { self.endpoint = endpoint }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        drop()
    }

    func channelInactive(context: ChannelHandlerContext) {
        drop()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isTaking, error is BrokenBody { drop() } else { context.fireErrorCaught(error) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            isTaking = endpoint.takes(head)
            if isTaking { begin(head, context) } else { context.fireChannelRead(data) }
        case .body(let part):
            if isTaking { add(part) } else { context.fireChannelRead(data) }
        case .end:
            if isTaking { finish(context) } else { context.fireChannelRead(data) }
        }
    }

    private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        begun = .now
        hasAnswerBody = head.method != .head
        self.head = head
        do {
            intake = try endpoint.begin(head)
            if head.asksToContinue {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        } catch {
            refuse(error, bodyBytes: head.asksToContinue ? .max : head.contentLength ?? 0)
        }
    }

    private func add(_ part: ByteBuffer) {
        guard intake != nil else {
            dropped += part.readableBytes
            if dropped > Self.dropLimit, let refusal { answer(refusal) }
            return
        }
        do {
            held += part.readableBytes
            try endpoint.budget.take(part.readableBytes)
            try intake?.append(part)
        } catch {
            intake = nil
            refuse(error, bodyBytes: .max)
        }
    }

    private func refuse(_ error: any Error, bodyBytes: Int) {
        guard let head else { return }
        let refusal = endpoint.refusal(error, of: head)
        if bodyBytes > Self.dropLimit { answer(refusal) } else { self.refusal = refusal }
    }

    private func finish(_ context: ChannelHandlerContext) {
        if let refusal { answer(refusal) }
        guard let intake else { return }
        let (loop, handler) = (context.eventLoop, NIOLoopBound(self, eventLoop: context.eventLoop))
        self.intake = nil
        // By way of the loop's queue even from its own thread: the next commit must not wait for these writes.
        endpoint.finish(intake) { answer in loop.execute { handler.value.answer(answer) } }
    }

    private func answer(_ answer: Answer) {
        drop()
        guard let context else { return }
        endpoint.metrics.answered(answer.head, since: begun)
        for part in answer.parts where hasAnswerBody || !part.isBody {
            context.write(wrapOutboundOut(part), promise: nil)
        }
        context.flush()
    }

    private func drop() {
        endpoint.budget.give(held)
        (head, intake, refusal, held, dropped) = (nil, nil, nil, 0, 0)
    }
}
