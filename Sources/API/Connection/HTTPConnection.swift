import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Watches over one connection: lets one exchange of a request and an answer through at a time, gives each phase its
/// time, answers what is not HTTP, and closes without cutting off the last answer. Lives on the event loop.
final class HTTPConnection: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// What comes in, in its order.
    private enum Incoming {
        case part(HTTPRequestPart)
        case failure(Problem)
        /// The end of input, or a wish to close: they take effect between exchanges.
        case event(Any)
    }

    private let draining: Draining
    private let date: HTTPDate
    private let timer: PhaseTimer
    private var state = HTTPConnectionState()
    private var waiting = CircularBuffer<Incoming>()
    private var isTakingWaiting = false
    private var isReadHeld = false
    private var readsPart = false

    init(_ patience: Patience, draining: Draining, date: HTTPDate) {
        timer = PhaseTimer(patience)
        self.draining = draining
        self.date = date
    }

    func handlerAdded(context: ChannelHandlerContext) { watch(context) }

    func handlerRemoved(context: ChannelHandlerContext) { timer.stop() }

    func channelInactive(context: ChannelHandlerContext) {
        timer.stop()
        state.linger()
        context.fireChannelInactive()
    }

    /// What waits is bounded by what one read brings.
    func read(context: ChannelHandlerContext) {
        if waiting.isEmpty { context.read() } else { isReadHeld = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        readsPart = true
        receive(.part(unwrapInboundIn(data)), context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if !readsPart { state.fragmentRead() }
        readsPart = false
        watch(context)
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is IOError || error is ChannelError {
            context.fireErrorCaught(error)
        } else {
            receive(.failure(Problem(reading: error)), context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) { receive(.event(event), context) }

    private func receive(_ incoming: Incoming, _ context: ChannelHandlerContext) {
        if waiting.isEmpty, !mustWait(incoming) { take(incoming, context) } else { waiting.append(incoming) }
    }

    private func mustWait(_ incoming: Incoming) -> Bool {
        if case .event = incoming { state.isExchanging && !state.isLingering } else { state.mustWait }
    }

    private func take(_ incoming: Incoming, _ context: ChannelHandlerContext) {
        switch incoming {
        case .event(let event): context.fireUserInboundEventTriggered(event)
        case _ where state.isLingering: break
        case .failure(let problem): fail(problem, context)
        case .part(let part):
            switch part {
            case .head(let head): state.headRead(isLast: head.isLast)
            case .body: break
            case .end: state.bodyEnded()
            }
            context.fireChannelRead(wrapInboundOut(part))
        }
    }

    private func takeWaiting(_ context: ChannelHandlerContext) {
        guard !waiting.isEmpty, !isTakingWaiting else { return }
        isTakingWaiting = true
        while let next = waiting.first, !mustWait(next) {
            waiting.removeFirst()
            take(next, context)
        }
        isTakingWaiting = false
        context.fireChannelReadComplete()
        if waiting.isEmpty, isReadHeld {
            isReadHeld = false
            context.read()
        }
    }

    /// What came in can't be understood, or took too long.
    private func fail(_ problem: Problem, _ context: ChannelHandlerContext) {
        let breaksBody = state.isReading
        if state.mayAnswer {
            var answer = problem.answer
            answer.head.headerFields[.connection] = "close"
            for part in answer.parts { write(context: context, data: wrapOutboundOut(part), promise: nil) }
        }
        // The reader of a body must not take what came for the whole.
        if breaksBody { context.fireErrorCaught(BrokenBody()) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !state.isLingering else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.kind != .informational:
            head.headerFields.append(HTTPField(name: .date, value: date.now))
            if state.answerBegins(closes: draining.isUnderWay || head.headerFields[.connection] == "close") {
                head.headerFields[.connection] = "close"
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            context.write(data, promise: promise)
            if state.answerEnded() {
                context.flush()
                context.close(mode: .output, promise: nil)
                state.linger()
            }
            watch(context)
            // What waits may be a wish to close, which would drop what has not been flushed.
            if !waiting.isEmpty { context.flush() }
            takeWaiting(context)
        default:
            context.write(data, promise: promise)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .output {
            state.linger()
            watch(context)
        }
        context.close(mode: mode, promise: promise)
    }

    private func watch(_ context: ChannelHandlerContext) {
        timer.enter(state.phase, turn: state.turn, on: context.eventLoop) { [self] in
            switch state.phase {
            case .idle, .lingering, .answering: context.close(promise: nil)
            case .head: fail(Problem(.requestTimeout, "The request's head did not arrive in time."), context)
            case .body: fail(Problem(.requestTimeout, "The request's body did not arrive in time."), context)
            }
        }
    }
}
