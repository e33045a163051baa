import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A small HTTP/1.1 server on loopback that plays a destination. It owns its threads; whoever starts it stops it.
package final class Sink: Sendable {
    package let host: String
    package let port: Int
    private let listener: any Channel
    private let group: MultiThreadedEventLoopGroup
    private let counter: RequestCounter
    private let isStopped = Atomic(false)

    /// Where sinks listen, as a network that a gateway may be allowed to connect to.
    package static let network = "127.0.0.0/8"

    package var url: String { "http://\(host):\(port)" }

    /// Requests that have come whole, over all connections.
    package var requests: Int { counter.count }

    /// Serves what `receive` says. It is called on an event-loop thread, once for each request and in order on each
    /// connection, and must not block. Port 0 takes a free port. Throws when the address cannot be bound.
    package static func start(
        host: String = "127.0.0.1", port: Int = 0, threads: Int = 1,
        receive: @escaping @Sendable (Received) -> Reply
    ) async throws -> Sink {
        try await listen(host: host, port: port, threads: threads) { pipeline, counter in
            try pipeline.configureHTTPServerPipeline(withOutboundHeaderValidation: false)
            try pipeline.addHandler(AnsweringHandler(counter: counter, receive: receive))
        }
    }

    /// Answers every request with `200` and `ok`, at the least cost: requests are told apart but not parsed.
    /// `onRequest` gets the bytes of head and body on an event-loop thread; without it nothing is copied.
    package static func counting(
        host: String = "127.0.0.1", port: Int = 0, threads: Int = 1,
        onRequest: (@Sendable (_ head: [UInt8], _ body: [UInt8]) -> Void)? = nil
    ) async throws -> Sink {
        try await listen(host: host, port: port, threads: threads) { pipeline, counter in
            try pipeline.addHandler(CountingHandler(counter: counter, onRequest: onRequest))
        }
    }

    /// Closes the port and all connections, whatever they wait for, and ends the threads.
    package func stop() async {
        guard !isStopped.exchange(true, ordering: .relaxed) else { return }
        try? await listener.close()
        try? await group.shutdownGracefully()
    }

    private init(
        host: String, port: Int, listener: any Channel, group: MultiThreadedEventLoopGroup, counter: RequestCounter
    ) {
        self.host = host
        self.port = port
        self.listener = listener
        self.group = group
        self.counter = counter
    }

    private static func listen(
        host: String, port: Int, threads: Int,
        prepare: @escaping @Sendable (ChannelPipeline.SynchronousOperations, RequestCounter) throws -> Void
    ) async throws -> Sink {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let counter = RequestCounter()
        do {
            let listener = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 1024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try prepare(channel.pipeline.syncOperations, counter) }
                }
                .bind(host: host, port: port).get()
            let bound = listener.localAddress?.port ?? port
            return Sink(host: host, port: bound, listener: listener, group: group, counter: counter)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }
}

final class RequestCounter: Sendable {
    private let value = Atomic(0)

    var count: Int { value.load(ordering: .relaxed) }

    func add(_ requests: Int) { value.add(requests, ordering: .relaxed) }
}
