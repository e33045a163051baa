import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import TestSupport

/// Who sends requests to a gateway and asks what became of them.
struct Caller: Sendable {
    let url: String
    let key: String

    struct Answer {
        let status: UInt
        let headers: HTTPHeaders
        let body: Data

        /// Of the request that was taken.
        func id() throws -> String {
            guard status == 202, let location = headers.first(name: "Location") else {
                throw NeverHappened("not taken: \(status) \(String(decoding: body, as: UTF8.self))")
            }
            return String(location.split(separator: "/").last ?? "")
        }
    }

    /// A request as `GET /v1/requests/{id}` shows it.
    struct Status: Decodable {
        struct Delivery: Decodable {
            let destination: String
            let state: String
        }
        let path: String
        let bytes: Int
        let deliveries: [Delivery]
    }

    func post(
        _ path: String, _ body: [UInt8], headers: [(String, String)] = [], within limit: TimeAmount = .seconds(30)
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url + path)
        request.method = .POST
        request.headers = HTTPHeaders([("Sluice-Key", key)] + headers)
        request.body = .bytes(body)
        return try await answer(request, limit)
    }

    func status(_ id: String) async throws -> Status {
        var request = HTTPClientRequest(url: "\(url)/v1/requests/\(id)")
        request.headers = ["Authorization": "Bearer \(key)"]
        let answer = try await answer(request, .seconds(30))
        guard answer.status == 200 else { throw NeverHappened("\(id): status \(answer.status)") }
        return try JSONDecoder().decode(Status.self, from: answer.body)
    }

    /// Of the answer to a GET without a key.
    func status(of path: String) async throws -> UInt {
        try await answer(HTTPClientRequest(url: url + path), .seconds(5)).status
    }

    /// Ids of the newest requests.
    func list() async throws -> [String] {
        struct List: Decodable {
            struct Request: Decodable { let id: String }
            let requests: [Request]
        }
        var request = HTTPClientRequest(url: "\(url)/v1/requests?limit=20")
        request.headers = ["Authorization": "Bearer \(key)"]
        let answer = try await answer(request, .seconds(30))
        guard answer.status == 200 else { throw NeverHappened("the list: status \(answer.status)") }
        return try JSONDecoder().decode(List.self, from: answer.body).requests.map(\.id)
    }

    private func answer(_ request: HTTPClientRequest, _ limit: TimeAmount) async throws -> Answer {
        let response = try await HTTPClient.shared.execute(request, timeout: limit)
        let body = try await response.body.collect(upTo: 1 << 20)
        return Answer(status: response.status.code, headers: response.headers, body: Data(body.readableBytesView))
    }
}
