import AsyncHTTPClient
import Model
import NIOCore
import NIOHTTP1
import Synchronization

/// The part of a response that is kept.
struct CollectedResponse: Sendable {
    var status = 0
    var retryAfter: String?
    var head = HeaderLines()
    var body: [UInt8] = []
}

/// Keeps the head and the first bytes of a response's body, reads on so that the connection can be used again, and cuts
/// off a body that does not end. AsyncHTTPClient calls it on the connection's event loop.
final class ResponseCollector: HTTPClientResponseDelegate {
    static let keptBody = 16 << 10
    static let keptHead = 8 << 10
    /// Beyond this a new connection is cheaper than reading to the end.
    static let maximumBody = 1 << 20

    /// Thrown into the request to end it when its response is known well enough.
    struct BodyTooLong: Error {
        let response: CollectedResponse
    }

    private struct State {
        var response = CollectedResponse()
        var received = 0
    }

    private let keptBody: Int
    private let state = Mutex(State())

    init(keptBody: Int) { self.keptBody = keptBody }

    func didReceiveHead(task: HTTPClient.Task<CollectedResponse>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        state.withLock { state in
            state.response = CollectedResponse(
                status: Int(head.status.code), retryAfter: head.headers.first(name: "retry-after"))
            var size = 0
            for (name, value) in head.headers {
                size += name.utf8.count + value.utf8.count + 3
                guard size <= Self.keptHead else { break }
                // PostgreSQL's text takes no NUL; a response may hold one.
                state.response.head.append(name.filter { $0 != "\0" }, value.filter { $0 != "\0" })
            }
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<CollectedResponse>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        let cutOff = state.withLock { state -> CollectedResponse? in
            let room = keptBody - state.response.body.count
            if room > 0 { state.response.body.append(contentsOf: part.readableBytesView.prefix(room)) }
            state.received += part.readableBytes
            return state.received > Self.maximumBody ? state.response : nil
        }
        if let cutOff { task.fail(reason: BodyTooLong(response: cutOff)) }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didFinishRequest(task: HTTPClient.Task<CollectedResponse>) throws -> CollectedResponse {
        state.withLock { $0.response }
    }
}
