import NIOCore
import NIOPosix

/// Sends HTTP/1.1 requests over keep-alive connections, from one thread, and measures the answers.
package struct Load: Sendable {
    package enum Pace: Sendable, Equatable {
        /// Each connection keeps `pipelining` requests on their way: the next goes out when an answer has come.
        case closed(pipelining: Int = 1)
        /// Requests are due at a fixed rate, whatever the server does, and latency counts from the time due. A request
        /// that finds all connections busy waits, so that a slow server is charged for what it holds up.
        case open(perSecond: Double)
    }

    package enum Extent: Sendable, Equatable {
        case duration(Duration)
        /// Ends after this many requests, or when the time is over.
        case count(Int, within: Duration = .seconds(60))
    }

    package enum Requests: Sendable {
        case same([UInt8])
        /// Called on the load's thread with 0, 1, 2 and so on, warm-up included; must not block.
        case each(@Sendable (Int) -> [UInt8])
    }

    package var host = "127.0.0.1"
    package var port: Int
    package var connections = 64
    package var pace = Pace.closed()
    package var extent: Extent
    /// Requests that are due before this has passed are sent and not measured.
    package var warmUp = Duration.zero
    /// How long after the last request was due its answer is waited for.
    package var patience = Duration.seconds(5)
    /// Whole requests as they go over the wire. HEAD is not understood.
    package var requests: Requests
    /// Called on the load's thread with the number of each request that is answered, warm-up included, and its status;
    /// must not block.
    package var onAnswer: (@Sendable (_ number: Int, _ status: Int) -> Void)?

    package init(port: Int, extent: Extent, requests: Requests) {
        self.port = port
        self.extent = extent
        self.requests = requests
    }

    /// Bytes of a request on `host`, which `Requests` may give as they are.
    package static func post(
        _ path: String, host: String = "127.0.0.1", headers: [String] = [], body: [UInt8]
    ) -> [UInt8] {
        let lines = ["POST \(path) HTTP/1.1", "Host: \(host)", "Content-Length: \(body.count)"] + headers
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
    }

    /// Throws when not one connection could be opened, and `CancellationError` when the task is cancelled.
    package func run() async throws -> LoadReport {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let report = try await run(on: group.next())
            try await group.shutdownGracefully()
            return report
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private func run(on loop: any EventLoop) async throws -> LoadReport {
        let address = try await loop.submit {
            try SocketAddress.makeAddressResolvingHost(host, port: port)
        }.get()
        let promise = loop.makePromise(of: LoadReport.self)
        let run = NIOLoopBoundBox.makeBoxSendingValue(
            LoadRun(self, address: address, loop: loop, promise: promise), eventLoop: loop)
        return try await withTaskCancellationHandler {
            loop.execute { run.value.start() }
            return try await promise.futureResult.get()
        } onCancel: {
            loop.execute { run.value.fail(CancellationError()) }
        }
    }
}
