import AsyncHTTPClient
import Model
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Sends one attempt and says how it ended. One per process: it holds the connections to all destinations.
final class HTTPSender: Sendable {
    /// AsyncHTTPClient has one connect time-out a client. Destinations share a client by rounding theirs up to one of
    /// these, so that there are few.
    static let connectTimeouts: [Duration] = [100, 250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000].map {
        .milliseconds($0)
    }
    /// Connections that are kept to one destination; a lane's limit bounds what is really used.
    static let connectionsPerHost = 1_024

    private let eventLoops: any EventLoopGroup
    private let egress: AddressGuard
    private let clients = Mutex<[Duration: HTTPClient]>([:])

    init(eventLoops: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, egress: AddressGuard) {
        self.eventLoops = eventLoops
        self.egress = egress
    }

    /// Throws only `CancellationError`: the task was cancelled before the outcome was known.
    /// - Parameters:
    ///   - timeout: from now to the end of the response.
    ///   - keptBody: bytes of the response's body that are kept.
    func send(
        _ request: HTTPClient.Request, within timeout: Duration, connectTimeout: Duration,
        keptBody: Int = ResponseCollector.keptBody
    ) async throws -> Result<CollectedResponse, AttemptFailure> {
        let deadline = NIODeadline.now() + TimeAmount(timeout)
        if let failure = await egress.objection(to: request.host, within: min(timeout, connectTimeout)) {
            return .failure(failure)
        }
        let task = client(connectTimeout: connectTimeout).execute(
            request: request, delegate: ResponseCollector(keptBody: keptBody), deadline: deadline)
        do {
            return .success(
                try await withTaskCancellationHandler {
                    try await task.futureResult.get()
                } onCancel: {
                    task.cancel()
                })
        } catch let cutOff as ResponseCollector.BodyTooLong {
            return .success(cutOff.response)
        } catch {
            try Task.checkCancellation()
            return .failure(AttemptFailure(error))
        }
    }

    func shutdown() async throws {
        let all = clients.withLock { clients in
            defer { clients = [:] }
            return Array(clients.values)
        }
        for client in all { try await client.shutdown() }
    }

    private func client(connectTimeout: Duration) -> HTTPClient {
        let timeout = Self.connectTimeouts.first { $0 >= connectTimeout } ?? connectTimeout
        return clients.withLock { clients in
            if let client = clients[timeout] { return client }
            let client = HTTPClient(
                eventLoopGroupProvider: .shared(eventLoops), configuration: configuration(connectTimeout: timeout))
            clients[timeout] = client
            return client
        }
    }

    /// What a gateway must not do by itself: follow redirects, decompress, repeat.
    private func configuration(connectTimeout: Duration) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: TimeAmount(connectTimeout)),
            decompression: .disabled)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = Self.connectionsPerHost
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.tracing.tracer = nil
        configuration.http1_1ConnectionDebugInitializer = { [egress] channel in
            if let failure = egress.objection(to: channel.remoteAddress) {
                // After the client has heard of the failure: it does not close the connection itself.
                channel.eventLoop.execute { channel.close(promise: nil) }
                return channel.eventLoop.makeFailedFuture(failure)
            }
            return channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                try pipeline.addHandler(FlushOnceATurn(), position: .first)
                let encoder = try pipeline.handler(type: HTTPRequestEncoder.self)
                try pipeline.addHandler(VerbatimTarget(), position: .after(encoder))
            }
        }
        return configuration
    }
}
