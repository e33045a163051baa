import NIOCore
import NIOHTTP1

/// Gathers a request and does what the reply to it says. One for each connection, on its event loop.
///
/// The pipelining handler before it holds back the next request until the answer to this one is complete.
final class AnsweringHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// A longer body is answered with 413, and the connection closed.
    static let bodyLimit = 64 << 20

    private let counter: RequestCounter
    private let receive: @Sendable (Received) -> Reply
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(counter: RequestCounter, receive: @escaping @Sendable (Received) -> Reply) {
        self.counter = counter
        self.receive = receive
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
        case .body(let bytes):
            guard let head else { return }
            guard body.count + bytes.readableBytes <= Self.bodyLimit else { return refuse(head, context) }
            body.append(contentsOf: bytes.readableBytesView)
        case .end:
            guard let head else { return }
            let received = Received(
                method: head.method.rawValue, uri: head.uri, headers: head.headers.map { ($0.name, $0.value) },
                body: body, arrival: .now)
            self.head = nil
            body = []
            counter.add(1)
            let answer = Answer(receive(received), to: head, context: context)
            answer.begin()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func refuse(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        self.head = nil
        body = []
        Answer(Reply(status: 413, headers: [("Connection", "close")]), to: head, context: context).begin()
    }
}
