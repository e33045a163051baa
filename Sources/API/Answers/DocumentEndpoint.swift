import HTTPTypes
import NIOCore
import OpenAPI

/// `GET /openapi.json`: what the API is, for programs and for people without a key.
struct DocumentEndpoint: Sendable {
    private let document = ByteBuffer(bytes: OpenAPI.document)

    var routes: [Route] {
        [.open(.get, "/openapi.json") { _ in Answer(.ok, [.contentType: "application/json"], body: document) }]
    }
}
