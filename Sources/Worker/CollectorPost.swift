import AsyncHTTPClient
package import NIOCore
import NIOHTTP1

/// Posts spans to the collector that the operator named. The egress rules are about destinations, which tenants name: they
/// don't hold here. Whoever makes it shuts it down.
package struct CollectorPost: Sendable {
    /// A collector is near, or it is of no use.
    private static let timeout = TimeAmount.seconds(5)

    private let client: HTTPClient
    private let url: String
    private let headers: HTTPHeaders

    /// - Parameters:
    ///   - url: of `/v1/traces`.
    ///   - headers: such as a key.
    package init(eventLoops: any EventLoopGroup, url: String, headers: [(String, String)]) {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(2)))
        configuration.tracing.tracer = nil
        client = HTTPClient(eventLoopGroupProvider: .shared(eventLoops), configuration: configuration)
        self.url = url
        self.headers = HTTPHeaders([("content-type", "application/json")] + headers)
    }

    /// Returns the status of the answer.
    package func callAsFunction(_ document: [UInt8]) async throws -> Int {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers = headers
        request.body = .bytes(document)
        let response = try await client.execute(request, timeout: Self.timeout)
        // A connection whose answer is not read to its end can't be used again.
        _ = try? await response.body.collect(upTo: 64 << 10)
        return Int(response.status.code)
    }

    package func shutdown() async throws { try await client.shutdown() }
}
