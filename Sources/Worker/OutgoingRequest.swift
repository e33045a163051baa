import AsyncHTTPClient
import Model
import NIOCore
import NIOHTTP1
import NIOSSL
import Requests
import Tenants

extension HTTPClient.Request {
    /// The stored request as it goes to its destination: method, path, query, headers and body as they came, with the
    /// request's id, what the destination adds, and, where it has signing keys, the Standard Webhooks signatures.
    ///
    /// - Parameters:
    ///   - authorization: takes the place of the request's own.
    ///   - traceparent: takes the place of the request's own.
    ///   - now: Unix seconds.
    init(
        _ delivery: Delivery, to settings: DestinationSettings, authorization: String? = nil,
        tls: TLSConfiguration? = nil, traceparent: String? = nil, now: Int64
    ) throws {
        var headers = HTTPHeaders()
        for (name, value) in delivery.headers.fields { headers.add(name: String(name), value: String(value)) }
        for (name, value) in settings.headers.fields {
            headers.replaceOrAdd(name: String(name), value: String(value))
        }
        if let traceparent { headers.replaceOrAdd(name: "traceparent", value: traceparent) }
        if let authorization { headers.replaceOrAdd(name: "authorization", value: authorization) }
        let id = delivery.request.description
        headers.replaceOrAdd(name: "sluice-request-id", value: id)
        headers.replaceOrAdd(name: "sluice-attempt", value: String(delivery.attempt))
        if !settings.signingKeys.isEmpty {
            headers.replaceOrAdd(name: "webhook-id", value: id)
            headers.replaceOrAdd(name: "webhook-timestamp", value: String(now))
            headers.replaceOrAdd(
                name: "webhook-signature",
                value: StandardWebhooks.signatures(settings.signingKeys, id: id, timestamp: now, body: delivery.body))
        }
        let (origin, target) = Self.address(delivery, settings.baseURL)
        headers.replaceOrAdd(name: VerbatimTarget.field, value: target)
        try self.init(
            url: origin, method: HTTPMethod(rawValue: delivery.method), headers: headers,
            body: delivery.body.isEmpty ? nil : .byteBuffer(ByteBuffer(bytes: delivery.body)), tlsConfiguration: tls)
    }

    /// Where the request goes, and its target there: the base URL's path, and the request's own, byte for byte. A base
    /// URL's trailing slash and a path's leading one are the same slash.
    private static func address(_ delivery: Delivery, _ base: String) -> (origin: String, target: String) {
        let authority = base.firstRange(of: "://")?.upperBound ?? base.startIndex
        let origin = base[..<(base[authority...].firstIndex { "/?#".contains($0) } ?? base.endIndex)]
        let root = base[origin.endIndex...].prefix { $0 != "#" }
        let path = (root.hasSuffix("/") && !delivery.path.isEmpty ? root.dropLast() : root) + delivery.path
        let target = path + (delivery.query.map { "?" + $0 } ?? "")
        return (String(origin), target.hasPrefix("/") ? String(target) : "/" + target)
    }
}
