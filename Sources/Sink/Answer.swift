import Glibc
import NIOCore
import NIOHTTP1

/// One reply on its way to the peer, on the event loop of the connection.
struct Answer {
    private let reply: Reply
    private let request: HTTPRequestHead
    private let context: ChannelHandlerContext

    init(_ reply: Reply, to request: HTTPRequestHead, context: ChannelHandlerContext) {
        self.reply = reply
        self.request = request
        self.context = context
    }

    func begin() {
        after(reply.delay) {
            switch reply.manner {
            case .answer: answer()
            case .hang: break
            case .reset: reset()
            case .hangInBody: hangInBody()
            case .endlessBody: startEndlessBody()
            case .garbage: sendGarbage()
            }
        }
    }

    private func answer() {
        write(head(length: reply.body.count))
        if reply.bodyDelay > .zero { context.flush() }
        after(reply.bodyDelay) {
            if hasBody { writeBody() }
            let closes = closes
            let end = closes ? context.eventLoop.makePromise(of: Void.self) : nil
            if closes { end?.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) } }
            context.writeAndFlush(NIOAny(HTTPServerResponsePart.end(nil)), promise: end)
        }
    }

    private func hangInBody() {
        write(head(length: reply.body.count + 1))
        writeBody()
        context.flush()
    }

    private func startEndlessBody() {
        var head = head(length: 0)
        head.headers.remove(name: "Content-Length")
        head.headers.replaceOrAdd(name: "Transfer-Encoding", value: "chunked")
        write(head)
        sendForever(ByteBuffer(bytes: reply.body))
    }

    /// One chunk at a time, each when the socket has taken the last; others on the event loop get their turn between.
    private func sendForever(_ chunk: ByteBuffer) {
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenSuccess {
            context.eventLoop.assumeIsolated().execute { sendForever(chunk) }
        }
        context.writeAndFlush(NIOAny(HTTPServerResponsePart.body(.byteBuffer(chunk))), promise: written)
    }

    private func sendGarbage() {
        // Written from the encoder's own place in the pipeline, the bytes go past it.
        guard let encoder = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self) else {
            return context.close(promise: nil)
        }
        encoder.writeAndFlush(NIOAny(ByteBuffer(bytes: reply.body)), promise: nil)
        context.close(promise: nil)
    }

    /// To close a socket that lingers for zero seconds sends RST.
    private func reset() {
        guard let socket = context.channel as? any SocketOptionProvider else { return context.close(promise: nil) }
        socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }

    private var hasBody: Bool {
        !reply.body.isEmpty && request.method != .HEAD && reply.status != 204 && reply.status != 304
    }

    private var closes: Bool {
        !request.isKeepAlive || HTTPHeaders(reply.headers)[canonicalForm: "Connection"].contains("close")
    }

    private func head(length: Int) -> HTTPResponseHead {
        var headers = HTTPHeaders(reply.headers)
        let isFramed = headers.contains(name: "Content-Length") || headers.contains(name: "Transfer-Encoding")
        if !isFramed, reply.status != 204, reply.status != 304 {
            headers.add(name: "Content-Length", value: String(length))
        }
        if !headers.contains(name: "Connection") {
            if !request.isKeepAlive {
                headers.add(name: "Connection", value: "close")
            } else if request.version.minor == 0 {
                headers.add(name: "Connection", value: "keep-alive")
            }
        }
        return HTTPResponseHead(version: .http1_1, status: .init(statusCode: reply.status), headers: headers)
    }

    private func write(_ head: HTTPResponseHead) {
        context.write(NIOAny(HTTPServerResponsePart.head(head)), promise: nil)
    }

    private func writeBody() {
        context.write(NIOAny(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: reply.body)))), promise: nil)
    }

    private func after(_ delay: Duration, _ action: @escaping () -> Void) {
        guard delay > .zero else { return action() }
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay), action)
    }
}
