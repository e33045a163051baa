package import HTTPTypes
import HummingbirdCore
import JSON
import NIOCore
import NIOHTTPTypes

/// An answer whose body is at hand, or is written as it comes.
package struct Answer: Sendable {
    typealias Writing = @concurrent @Sendable (inout any ResponseBodyWriter) async throws -> Void

    package var head: HTTPResponse
    let body: ByteBuffer
    /// In place of the body.
    private let writing: Writing?

    init(_ status: HTTPResponse.Status, _ fields: HTTPFields, body: ByteBuffer) {
        head = HTTPResponse(status: status, headerFields: fields)
        head.headerFields.append(HTTPField(name: .contentLength, value: String(body.readableBytes)))
        self.body = body
        writing = nil
    }

    /// Whose body is written as it comes: its length is not known, and it ends when `writing` returns.
    init(_ status: HTTPResponse.Status, _ fields: HTTPFields, writing: @escaping Writing) {
        head = HTTPResponse(status: status, headerFields: fields)
        body = ByteBuffer()
        self.writing = writing
    }

    init(_ status: HTTPResponse.Status, json writer: JSONWriter) {
        self.init(status, [.contentType: "application/json"], body: ByteBuffer(bytes: writer.bytes))
    }

    init(_ status: HTTPResponse.Status, _ document: JSONValue) {
        var writer = JSONWriter()
        writer.value(document)
        self.init(status, json: writer)
    }

    static var noContent: Answer {
        var answer = Answer(.noContent, [:], body: ByteBuffer())
        // RFC 9110, section 8.6: none with a 204.
        answer.head.headerFields[.contentLength] = nil
        return answer
    }

    var parts: [HTTPResponsePart] { [.head(head), .body(body), .end(nil)] }

    var response: Response {
        guard let writing else {
            return Response(status: head.status, headers: head.headerFields, body: ResponseBody(byteBuffer: body))
        }
        return Response(
            status: head.status, headers: head.headerFields,
            body: ResponseBody { writer in
                try await writing(&writer)
                try await writer.finish(nil)
            })
    }
}

extension HTTPResponsePart {
    var isBody: Bool { if case .body = self { true } else { false } }
}
