import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTPTypes
import Synchronization

/// Takes bodies into memory, each within its limit and all together within theirs.
final class BodyReader: Sendable {
    private let limit: Int
    private let held = Atomic<Int>(0)

    /// `limit`: bytes of all bodies that are in use at the same time.
    init(limit: Int) { self.limit = limit }

    /// Reads a request's body and lends it to `use`; until that returns its bytes count as held. Throws a `Problem`
    /// where it is too large or too much is held already, `BrokenBody` where its end did not come.
    func withBody<T>(
        of request: Request, limit: Int, on channel: any Channel, _ use: ([UInt8]) async throws -> T
    ) async throws -> T {
        let length = request.headers[.contentLength].flatMap { Int($0) }
        if let length, length > limit { throw Problem.payloadTooLarge(limit: limit) }
        if request.headers[.expect]?.lowercased() == "100-continue" {
            channel.writeAndFlush(HTTPResponsePart.head(HTTPResponse(status: .continue)), promise: nil)
        }
        var taken = 0
        defer { held.subtract(taken, ordering: .relaxed) }
        var body: [UInt8] = []
        if let length { body.reserveCapacity(length) }
        for try await part in request.body {
            taken += part.readableBytes
            let all = held.add(part.readableBytes, ordering: .relaxed).newValue
            if taken > limit { throw Problem.payloadTooLarge(limit: limit) }
            if all > self.limit {
                throw Problem(.overloaded, "Too much is being received at the moment. Try again.").retry(after: 1)
            }
            body.append(contentsOf: part.readableBytesView)
        }
        if let length, body.count != length { throw BrokenBody() }
        return try await use(body)
    }
}
