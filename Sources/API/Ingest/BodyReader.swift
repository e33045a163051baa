import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTPTypes

/// Takes bodies into memory, each within its limit and all together within the budget.
struct BodyReader: Sendable {
    let budget: BodyBudget

    /// Reads a request's body and lends it to `use`; until that returns its bytes count as held. Throws a `Problem`
    /// where it is too large or too much is held already, `BrokenBody` where its end did not come.
    func withBody<T>(
        of request: Request, limit: Int, on channel: any Channel, _ use: ([UInt8]) async throws -> T
    ) async throws -> T {
        let length = request.head.contentLength
        if let length, length > limit { throw Problem.payloadTooLarge(limit: limit) }
        if request.head.asksToContinue {
            channel.writeAndFlush(HTTPResponsePart.head(HTTPResponse(status: .continue)), promise: nil)
        }
        var taken = 0
        defer { budget.give(taken) }
        var body: [UInt8] = []
        if let length { body.reserveCapacity(length) }
        for try await part in request.body {
            taken += part.readableBytes
            try budget.take(part.readableBytes)
            if taken > limit { throw Problem.payloadTooLarge(limit: limit) }
            body.append(contentsOf: part.readableBytesView)
        }
        if let length, body.count != length { throw BrokenBody() }
        return try await use(body)
    }
}
