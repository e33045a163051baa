package import HTTPTypes
import HummingbirdCore
import NIOCore

extension Answer {
    package init(_ status: HTTPResponse.Status, _ fields: HTTPFields, bytes: [UInt8]) {
        self.init(status, fields, body: ByteBuffer(bytes: bytes))
    }

    /// Server-sent events, one after the other until `next` returns nil.
    package static func events(_ fields: HTTPFields, _ next: @escaping @Sendable () async throws -> String?) -> Answer {
        var fields = fields
        fields[.contentType] = "text/event-stream"
        // nginx would keep events until it has some thousand bytes of them.
        fields[.proxyBuffering] = "no"
        return Answer(.ok, fields) { writer in
            while let event = try await next() { try await writer.write(ByteBuffer(string: event)) }
        }
    }
}

extension HTTPField.Name {
    fileprivate static let proxyBuffering = known("X-Accel-Buffering")
}
