import Model
import Requests
import Sink
import Tenants
import TestSupport
import Testing

@testable import Worker

/// What a destination gets is what the tenant sent.
struct OutgoingRequestTests {
    @Test(arguments: [
        ("GET", ""), ("GET", "a body"), ("HEAD", ""), ("POST", ""), ("POST", "x"), ("PUT", "x"), ("PATCH", "x"),
        ("DELETE", ""), ("DELETE", "x"), ("OPTIONS", ""), ("PROPFIND", "x"),
    ])
    func methodAndBody(_ method: String, _ body: String) async throws {
        let received = try await send(.sample(method, body: Array(body.utf8)))
        #expect(received.method == method)
        #expect(received.body == Array(body.utf8))
    }

    @Test func everyByteOfTheBody() async throws {
        let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        #expect(try await send(.sample(body: body)).body == body)
    }

    /// Base path, path, query, and the request target that they must make.
    struct Target: Sendable, CustomTestStringConvertible {
        let base: String
        let path: String
        let query: String?
        let uri: String

        init(_ path: String, _ query: String? = nil, base: String = "", is uri: String) {
            self.base = base
            self.path = path
            self.query = query
            self.uri = uri
        }

        var testDescription: String { uri }
    }

    @Test(arguments: [
        Target("", is: "/"), Target("/", is: "/"), Target("/a", is: "/a"),
        Target("/a/", base: "/b", is: "/b/a/"), Target("/a", base: "/b/", is: "/b/a"),
        Target("", base: "/b/", is: "/b/"),
        Target("", "q=1", base: "/b", is: "/b?q=1"), Target("/a", "", is: "/a?"), Target("", "q", is: "/?q"),
        Target("/a%2Fb%2f/%20", "a=%26&b=+%20", is: "/a%2Fb%2f/%20?a=%26&b=+%20"),
        Target("//a//b", is: "//a//b"), Target("/a/../b/./c", is: "/a/../b/./c"), Target("/a;v=1,2", is: "/a;v=1,2"),
        Target("/~a!$&'()*+=:@", "?/:@!$'()*,;", is: "/~a!$&'()*+=:@??/:@!$'()*,;"),
        Target("/%e2%98%83", is: "/%e2%98%83"),
    ])
    func target(_ target: Target) async throws {
        let received = try await send(.sample(path: target.path, query: target.query), base: target.base)
        #expect(received.uri == target.uri)
    }

    /// Not what RFC 3986 allows, but what clients send and servers take.
    @Test(arguments: [
        Target("/a|b", is: "/a|b"), Target("/a[0]", "b[]=1", is: "/a[0]?b[]=1"), Target("/%zz", is: "/%zz"),
        Target("/a", "q=100%", is: "/a?q=100%"), Target("/{id}", "q=\"x\"^`", is: "/{id}?q=\"x\"^`"),
        Target("/a\\b", is: "/a\\b"),
    ])
    func oddTarget(_ target: Target) async throws {
        let received = try await send(.sample(path: target.path, query: target.query), base: target.base)
        #expect(received.uri == target.uri)
        #expect(received.header(VerbatimTarget.field) == nil)
    }

    @Test func headersInTheirOrderAndCase() async throws {
        let headers = [
            ("Content-Type", "application/json"), ("X-Twice", "1"), ("x-LOWER", "b"), ("X-Twice", "2"), ("x-empty", ""),
        ]
        let received = try await send(.sample(headers: headers))
        let kept = received.headers.filter { header in headers.contains { $0.0 == header.name } }
        #expect(kept.map { "\($0.name): \($0.value)" } == headers.map { "\($0.0): \($0.1)" })
    }

    @Test func theGatewaysOwnHeaders() async throws {
        let delivery = Delivery.sample(headers: [("sluice-request-id", "forged"), ("SLUICE-ATTEMPT", "9")], attempt: 3)
        let received = try await send(delivery)
        #expect(received.all("sluice-request-id") == [delivery.request.description])
        #expect(received.all("sluice-attempt") == ["3"])
        #expect(received.all("host").count == 1)
        #expect(received.all("content-length") == ["2"])
        #expect(received.header("webhook-signature") == nil)
    }

    @Test func theSignatureVerifies() async throws {
        let secret = (0..<32).map { UInt8($0) }
        let delivery = Delivery.sample(headers: [("webhook-id", "forged")], body: Array("payload\0".utf8))
        let received = try await send(delivery, secret: secret)
        let id = try #require(received.header("webhook-id"))
        let timestamp = try #require(received.header("webhook-timestamp").flatMap { Int64($0) })
        #expect(received.all("webhook-id") == [delivery.request.description])
        #expect(
            received.all("webhook-signature") == [
                StandardWebhooks.signatures(
                    [SigningKey(secret: secret)], id: id, timestamp: timestamp, body: received.body)
            ])
    }

    private func send(_ delivery: Delivery, base: String = "", secret: [UInt8]? = nil) async throws -> Received {
        try await withSink { sink, received in
            var settings = DestinationSettings.to(sink.url + base)
            settings.signingKeys = secret.map { [SigningKey(secret: $0)] } ?? []
            let outcome = try await withDeliverer { [settings] in await $0.deliver(delivery, to: settings) }
            try #require(outcome.verdict == .delivered, "\(outcome.attemptClass): \(outcome.error ?? "")")
            return try #require(received.value.first)
        }
    }
}

extension Received {
    fileprivate func all(_ name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name }.map(\.value)
    }
}
