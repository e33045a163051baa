import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Who looks at pages: keeps the session's cookie, follows nothing by itself.
struct Browser: Sendable {
    let url: String
    var cookie: String?

    struct Seen: Sendable {
        let status: UInt
        let headers: HTTPHeaders
        let text: String

        var location: String? { headers.first(name: "Location") }

        /// The session that the answer sets, as a browser sends it back.
        var cookie: String? {
            headers.first(name: "Set-Cookie").flatMap { $0.split(separator: ";").first.map(String.init) }
        }

        /// What the forms of the page send.
        var token: String? {
            text.firstMatch(of: /name="token" value="([0-9a-f]+)"/).map { String($0.1) }
        }
    }

    func get(_ path: String, method: HTTPMethod = .GET, headers: [(String, String)] = []) async throws -> Seen {
        var request = HTTPClientRequest(url: url + path)
        request.method = method
        request.headers = HTTPHeaders(headers + cookies)
        return try await seen(request)
    }

    /// Sends a form, as a page of the gateway would.
    func post(
        _ path: String, _ fields: [(String, String)], headers: [(String, String)] = [("Sec-Fetch-Site", "same-origin")]
    ) async throws -> Seen {
        var request = HTTPClientRequest(url: url + path)
        request.method = .POST
        request.headers = HTTPHeaders([("Content-Type", "application/x-www-form-urlencoded")] + headers + cookies)
        let text = fields.map { $0.0 + "=" + encoded($0.1) }.joined(separator: "&")
        request.body = .bytes(Array(text.utf8))
        return try await seen(request)
    }

    private var cookies: [(String, String)] { cookie.map { [("Cookie", $0)] } ?? [] }

    private func encoded(_ text: String) -> String {
        text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private func seen(_ request: HTTPClientRequest) async throws -> Seen {
        let response = try await Self.client.execute(request, timeout: .seconds(30))
        let body = try await response.body.collect(upTo: 4 << 20)
        return Seen(status: response.status.code, headers: response.headers, text: String(buffer: body))
    }

    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()
}
