import NIOCore

/// Writes once a turn of the event loop what AsyncHTTPClient flushes in pieces, head and body apart: one system call and
/// one segment in place of two. Stands next to the socket.
final class FlushOnceATurn: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    private var isDue = false

    func flush(context: ChannelHandlerContext) {
        guard !isDue else { return }
        isDue = true
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        context.eventLoop.execute {
            bound.value.handler.isDue = false
            bound.value.context.flush()
        }
    }
}
