import HummingbirdCore
import NIOCore
import ServiceLifecycle

extension Responder {
    /// A server whose calls this answers.
    ///
    /// - Parameter onListening: is told the port once connections are taken.
    func server(
        _ channel: HTTP1Channel.Configuration, _ configuration: ServerConfiguration, on eventLoops: any EventLoopGroup,
        onListening: @escaping @Sendable (Int) -> Void
    ) throws -> any Service {
        try HTTPServerBuilder.http1(configuration: channel).buildServer(
            configuration: configuration, eventLoopGroup: eventLoops, logger: logger,
            responder: { request, writer, channel in
                guard let response = await respond(to: request, on: channel) else { return }
                try await writer.write(response: response.head, body: response.body)
            },
            onServerRunning: { channel in
                if let port = channel.localAddress?.port { onListening(port) }
            })
    }
}
