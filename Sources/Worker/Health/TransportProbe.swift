import Model
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// Connects, shakes hands where that is asked for, and hangs up. Certificates are verified as those of real traffic.
struct TransportProbe: Sendable {
    private let eventLoops: any EventLoopGroup
    private let egress: AddressGuard
    private let tls: NIOSSLContext

    init(eventLoops: any EventLoopGroup, egress: AddressGuard, tls: NIOSSLContext) {
        self.eventLoops = eventLoops
        self.egress = egress
        self.tls = tls
    }

    /// Throws what went wrong on the way, or `CancellationError`; never later than after `timeout`.
    func reach(_ endpoint: Endpoint, shakesHands: Bool, within timeout: Duration) async throws {
        let start = ContinuousClock.now
        if let failure = await egress.objection(to: endpoint.host, within: timeout) { throw failure }
        let timeout = max(timeout - (.now - start), .milliseconds(1))
        let loop = eventLoops.next()
        // The first to come decides: connection, handshake, error, deadline, cancellation.
        let verdict = loop.makePromise(of: Void.self)
        let connected = ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(timeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard shakesHands else { return }
                    let check = AddressCheck(egress) { verdict.fail($0) }
                    try channel.pipeline.syncOperations.addHandler(check)
                    let client = try NIOSSLClientHandler(context: tls, serverHostname: endpoint.serverName)
                    try channel.pipeline.syncOperations.addHandlers(client, HandshakeWatch(verdict))
                }
            }
            .connect(host: endpoint.host, port: endpoint.port)
        if shakesHands {
            connected.cascadeFailure(to: verdict)
        } else {
            connected.flatMapThrowing { [egress] channel in
                if let failure = egress.objection(to: channel.remoteAddress) { throw failure }
            }.cascade(to: verdict)
        }
        let deadline = loop.scheduleTask(in: TimeAmount(timeout)) {
            let missing = shakesHands ? "TLS handshake" : "connection"
            verdict.fail(AttemptFailure(.connectTimeout, "no \(missing) within the time-out"))
        }
        verdict.futureResult.whenComplete { _ in
            deadline.cancel()
            connected.whenSuccess { $0.close(promise: nil) }
        }
        try await withTaskCancellationHandler {
            try await verdict.futureResult.get()
        } onCancel: {
            verdict.fail(CancellationError())
        }
    }
}

/// Tells how a handshake ended. Stands behind the TLS handler.
private final class HandshakeWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let verdict: EventLoopPromise<Void>

    init(_ verdict: EventLoopPromise<Void>) { self.verdict = verdict }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { verdict.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        verdict.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        verdict.fail(AttemptFailure(.tls, "the connection was closed during the TLS handshake"))
        context.fireChannelInactive()
    }
}
