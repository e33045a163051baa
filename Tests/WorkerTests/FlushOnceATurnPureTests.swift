import NIOCore
import NIOEmbedded
import Testing

@testable import Worker

struct FlushOnceATurnPureTests {
    private final class FlushCounter: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var flushes = 0

        func flush(context: ChannelHandlerContext) {
            flushes += 1
            context.flush()
        }
    }

    @Test func headAndBodyLeaveTogether() throws {
        let counter = FlushCounter()
        let channel = EmbeddedChannel(handlers: [counter, FlushOnceATurn()])
        for turn in 1...3 {
            channel.writeAndFlush(ByteBuffer(string: "head"), promise: nil)
            channel.writeAndFlush(ByteBuffer(string: "body"), promise: nil)
            #expect(counter.flushes == turn - 1)
            #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
            channel.embeddedEventLoop.run()
            #expect(counter.flushes == turn)
            #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "head"))
            #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "body"))
        }
        _ = try channel.finish()
    }
}
