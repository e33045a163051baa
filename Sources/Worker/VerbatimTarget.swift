import NIOCore
import NIOHTTP1

/// Sends the request target as it was stored. AsyncHTTPClient takes a URL, and Foundation percent-encodes what RFC 3986
/// does not allow in one; so the client is given the origin alone, and the target in a field that takes its place here,
/// before the head is encoded.
final class VerbatimTarget: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    /// Of the gateway's own fields, which ingest drops: no tenant can send it.
    static let field = "sluice-target"

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(var head) = unwrapOutboundIn(data), let target = head.headers.first(name: Self.field) else {
            return context.write(data, promise: promise)
        }
        head.uri = target
        head.headers.remove(name: Self.field)
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }
}
