import AsyncHTTPClient
import Model
import NIOCore
import NIOHTTP1
import Requests
import Tenants

extension HTTPClient.Request {
    /// The stored request as it goes to its destination: method, path, query, headers and body as they came, with the
    /// request's id and, where the destination has a secret, the Standard Webhooks signature.
    ///
    /// - Parameter now: Unix seconds.
    init(_ delivery: Delivery, to settings: DestinationSettings, now: Int64) throws {
        var headers = HTTPHeaders()
        for (name, value) in delivery.headers.fields { headers.add(name: String(name), value: String(value)) }
        let id = delivery.request.description
        headers.replaceOrAdd(name: "sluice-request-id", value: id)
        headers.replaceOrAdd(name: "sluice-attempt", value: String(delivery.attempt))
        if let secret = settings.signingSecret {
            headers.replaceOrAdd(name: "webhook-id", value: id)
            headers.replaceOrAdd(name: "webhook-timestamp", value: String(now))
            headers.replaceOrAdd(
                name: "webhook-signature",
                value: StandardWebhooks.signature(secret: secret, id: id, timestamp: now, body: delivery.body))
        }
        try self.init(
            url: Self.url(delivery, settings.baseURL), method: HTTPMethod(rawValue: delivery.method), headers: headers,
            body: delivery.body.isEmpty ? nil : .byteBuffer(ByteBuffer(bytes: delivery.body)))
    }

    /// A base URL's trailing slash and a path's leading one are the same slash.
    private static func url(_ delivery: Delivery, _ base: String) -> String {
        let base = base.hasSuffix("/") && !delivery.path.isEmpty ? String(base.dropLast()) : base
        return base + delivery.path + (delivery.query.map { "?" + $0 } ?? "")
    }
}
