import HTTPTypes
import HummingbirdCore
import JSON
import NIOCore
import NIOHTTPTypes

/// An answer whose body is at hand.
struct Answer: Sendable {
    var head: HTTPResponse
    let body: ByteBuffer

    init(_ status: HTTPResponse.Status, _ fields: HTTPFields, body: ByteBuffer) {
        head = HTTPResponse(status: status, headerFields: fields)
        head.headerFields.append(HTTPField(name: .contentLength, value: String(body.readableBytes)))
        self.body = body
    }

    init(_ status: HTTPResponse.Status, json writer: JSONWriter) {
        self.init(status, [.contentType: "application/json"], body: ByteBuffer(bytes: writer.bytes))
    }

    static var noContent: Answer {
        var answer = Answer(.noContent, [:], body: ByteBuffer())
        // RFC 9110, section 8.6: none with a 204.
        answer.head.headerFields[.contentLength] = nil
        return answer
    }

    var parts: [HTTPResponsePart] { [.head(head), .body(body), .end(nil)] }

    var response: Response {
        Response(status: head.status, headers: head.headerFields, body: ResponseBody(byteBuffer: body))
    }
}

extension HTTPResponsePart {
    var isBody: Bool { if case .body = self { true } else { false } }
}
