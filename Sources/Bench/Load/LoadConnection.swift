import NIOCore
import NIOPosix
import Sink

/// One connection of a load: requests on their way in order, answers told apart. On the load's event loop.
final class LoadConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let run: LoadRun
    private var context: ChannelHandlerContext?
    private var scanner = MessageScanner(.response)
    private var outbound = ByteBuffer()
    private(set) var waiting = CircularBuffer<LoadSchedule.Ticket>(initialCapacity: 2)

    /// The connection reports to the run by itself, before the future completes.
    static func open(_ run: LoadRun, to address: SocketAddress, on loop: any EventLoop) -> EventLoopFuture<Void> {
        let run = NIOLoopBound(run, eventLoop: loop)
        return ClientBootstrap(group: loop)
            .connectTimeout(.seconds(5))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LoadConnection(run.value))
                }
            }
            .connect(to: address).map { _ in }
    }

    private init(_ run: LoadRun) { self.run = run }

    func append(_ request: [UInt8], _ ticket: LoadSchedule.Ticket) {
        outbound.writeBytes(request)
        waiting.append(ticket)
    }

    func flush() {
        guard let context, outbound.readableBytes > 0 else { return }
        context.writeAndFlush(wrapOutboundOut(outbound), promise: nil)
        outbound.clear()
    }

    func close() { context?.close(promise: nil) }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        run.opened(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let now = run.now
        do throws(MessageScanner.Malformed) {
            try scanner.scan(unwrapInboundIn(data)) { _, _, isLast, status in
                if isLast { answered(status, now) }
            }
        } catch {
            run.malformed()
            return context.close(promise: nil)
        }
        if scanner.closes {
            context.close(promise: nil)
        } else {
            run.fill(self, now: now)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        if scanner.endsAtClose { answered(scanner.status, run.now) }
        run.closed(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// An answer that nobody asked for is passed over.
    private func answered(_ status: Int, _ now: Int) {
        if let ticket = waiting.popFirst() { run.answered(ticket, status: status, now: now) }
    }
}
