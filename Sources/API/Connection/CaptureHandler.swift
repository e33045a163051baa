import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Answers captures on the connection's event loop, without a task; passes other requests on. A request follows when
/// the one before it has been answered: `HTTPConnection` sees to that.
final class CaptureHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundOut = HTTPResponsePart

    /// Bytes of a refused request's body that are dropped before its answer. One that goes on ends the connection,
    /// which is dearer than to read so much.
    private static let dropLimit = 64 << 10

    private let endpoint: CaptureEndpoint
    private var context: ChannelHandlerContext?
    private var isCapturing = false
    private var capture: Capture?
    private var refusal: Problem?
    private var hasAnswerBody = true
    private var dropped = 0
    private var held = 0

    init(_ endpoint: CaptureEndpoint) { self.endpoint = endpoint }

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
        if isCapturing, error is BrokenBody { drop() } else { context.fireErrorCaught(error) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            isCapturing = CaptureEndpoint.takes(head)
            if isCapturing { begin(head, context) } else { context.fireChannelRead(data) }
        case .body(let part):
            if isCapturing { add(part) } else { context.fireChannelRead(data) }
        case .end:
            if isCapturing { finish(context) } else { context.fireChannelRead(data) }
        }
    }

    private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        hasAnswerBody = head.method != .head
        do {
            capture = try endpoint.capture(head)
            if head.asksToContinue {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        } catch {
            refuse(error, bodyBytes: head.asksToContinue ? .max : head.contentLength ?? 0)
        }
    }

    private func add(_ part: ByteBuffer) {
        guard capture != nil else {
            dropped += part.readableBytes
            if dropped > Self.dropLimit, let refusal { answer(refusal.answer) }
            return
        }
        do {
            held += part.readableBytes
            try endpoint.budget.take(part.readableBytes)
            try capture?.append(part)
        } catch {
            capture = nil
            refuse(error, bodyBytes: .max)
        }
    }

    private func refuse(_ error: any Error, bodyBytes: Int) {
        let problem = Problem(error, logger: endpoint.logger)
        if bodyBytes > Self.dropLimit { answer(problem.answer) } else { refusal = problem }
    }

    private func finish(_ context: ChannelHandlerContext) {
        if let refusal { answer(refusal.answer) }
        guard let capture else { return }
        let (loop, handler) = (context.eventLoop, NIOLoopBound(self, eventLoop: context.eventLoop))
        self.capture = nil
        // By way of the loop's queue even from its own thread: the next commit must not wait for these writes.
        endpoint.store(capture) { answer in loop.execute { handler.value.answer(answer) } }
    }

    private func answer(_ answer: Answer) {
        drop()
        guard let context else { return }
        for part in answer.parts where hasAnswerBody || !part.isBody {
            context.write(wrapOutboundOut(part), promise: nil)
        }
        context.flush()
    }

    private func drop() {
        endpoint.budget.give(held)
        (capture, refusal, held, dropped) = (nil, nil, 0, 0)
    }
}
