import NIOCore

/// Counts the requests of one connection and answers them all alike.
final class CountingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let answer = ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    /// A longer body closes the connection; it counts only where `onRequest` gathers bodies.
    private static let bodyLimit = 64 << 20

    private let counter: RequestCounter
    private let onRequest: (@Sendable (_ head: [UInt8], _ body: [UInt8]) -> Void)?
    private let answer = CountingHandler.answer
    private var scanner = MessageScanner(.request)
    private var head: [UInt8] = []
    private var body: [UInt8] = []

    init(counter: RequestCounter, onRequest: (@Sendable (_ head: [UInt8], _ body: [UInt8]) -> Void)?) {
        self.counter = counter
        self.onRequest = onRequest
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var ended = 0
        do throws(MessageScanner.Malformed) {
            try scanner.scan(unwrapInboundIn(data)) { part, bytes, isLast, _ in
                if let onRequest { gather(part, bytes, isLast, onRequest) }
                if isLast { ended += 1 }
            }
        } catch {
            return context.close(promise: nil)
        }
        guard body.count <= Self.bodyLimit else { return context.close(promise: nil) }
        guard ended > 0 else { return }
        counter.add(ended)
        for _ in 1..<ended { context.write(wrapOutboundOut(answer), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func gather(
        _ part: MessageScanner.Part, _ bytes: UnsafeRawBufferPointer, _ isLast: Bool,
        _ onRequest: (_ head: [UInt8], _ body: [UInt8]) -> Void
    ) {
        switch part {
        case .head: head = Array(bytes)
        case .body: body.append(contentsOf: bytes)
        case .framing: break
        }
        if isLast {
            onRequest(head, body)
            body = []
        }
    }
}
