import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Watches over one connection: gives each phase its time, answers what is not HTTP, and closes without cutting off
/// the last answer. Lives on the connection's event loop.
final class HTTPConnection: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let timer: PhaseTimer
    private var state = HTTPConnectionState()
    private var readsPart = false

    init(_ patience: Patience) { timer = PhaseTimer(patience) }

    func handlerAdded(context: ChannelHandlerContext) { watch(context) }

    func handlerRemoved(context: ChannelHandlerContext) { timer.stop() }

    func channelInactive(context: ChannelHandlerContext) {
        timer.stop()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !state.isDeaf else { return }
        readsPart = true
        switch unwrapInboundIn(data) {
        case .head(let head):
            state.headRead(isLast: head.method == .connect || head.headerFields.contains(.upgrade))
        case .body:
            break
        case .end:
            state.bodyEnded()
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if !readsPart { state.fragmentRead() }
        readsPart = false
        watch(context)
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is IOError, is ChannelError: context.fireErrorCaught(error)
        case HTTPParserError.headerOverflow:
            fail(Problem(.headTooLarge, "Shorten the URL or the headers, or send fewer of them."), context)
        case HTTPParserError.invalidEOFState:
            fail(Problem(.invalidRequest, "The connection was closed before the request's end."), context)
        case let error as HTTPParserError:
            fail(Problem(.invalidRequest, "The request is not HTTP/1.1: \(error)."), context)
        default: fail(Problem(.invalidRequest, "The request is not HTTP/1.1."), context)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !state.isMute else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.kind != .informational:
            if state.answerBegins(closes: head.headerFields[.connection] == "close") {
                head.headerFields[.connection] = "close"
                context.write(wrapOutboundOut(.head(head)), promise: promise)
            } else {
                context.write(data, promise: promise)
            }
        case .end:
            context.write(data, promise: promise)
            switch state.answerEnded() {
            case .goOn: watch(context)
            case .linger:
                context.flush()
                linger(context)
            case .answer(let problem): answer(problem, context)
            }
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

    private func fail(_ problem: Problem, _ context: ChannelHandlerContext) {
        guard !state.isDeaf else { return }
        if let problem = state.fail(problem) { answer(problem, context) }
        // The reader of the body must not take what came for the whole.
        if state.breaksBody { context.fireErrorCaught(BrokenBody()) }
        watch(context)
    }

    private func answer(_ problem: Problem, _ context: ChannelHandlerContext) {
        var response = problem.response
        response.headers[.connection] = "close"
        context.write(wrapOutboundOut(.head(response.head)), promise: nil)
        context.write(wrapOutboundOut(.body(problem.body)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        linger(context)
    }

    private func linger(_ context: ChannelHandlerContext) {
        state.linger()
        context.close(mode: .output, promise: nil)
        watch(context)
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

/// Fails the reading of a body whose end won't come. Whoever reads it must not answer: that has been done.
struct BrokenBody: Error {}
