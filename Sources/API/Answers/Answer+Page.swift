package import HTTPTypes
import HummingbirdCore
import NIOCore

extension Answer {
    package init(_ status: HTTPResponse.Status, _ fields: HTTPFields, bytes: [UInt8]) {
        self.init(status, fields, body: ByteBuffer(bytes: bytes))
    }

    /// Server-sent events, one after the other until `next` returns nil, or nobody reads.
    ///
    /// - Parameter patience: within which the wire must take an event; then the connection is closed, for a server that stops
    ///   waits for its answers.
    package static func events(
        _ fields: HTTPFields, to call: Call, patience: Duration = .seconds(10),
        _ next: @escaping @Sendable () async throws -> String?
    ) -> Answer {
        var fields = fields
        fields[.contentType] = "text/event-stream"
        // nginx would keep events until it has some thousand bytes of them.
        fields[.proxyBuffering] = "no"
        return Answer(.ok, fields) { [channel = call.channel] writer in
            while let event = try await next() {
                let stalled = channel.eventLoop.scheduleTask(in: TimeAmount(patience)) { channel.close(promise: nil) }
                defer { stalled.cancel() }
                try await writer.write(ByteBuffer(string: event))
            }
        }
    }
}

extension HTTPField.Name {
    fileprivate static let proxyBuffering = known("X-Accel-Buffering")
}
