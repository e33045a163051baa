import HTTPTypes
import JSON
import Model
import NIOCore
import Requests

/// The answer to a request that is in storage.
struct Acceptance {
    let id: RequestID
    var isReplayed = false

    /// Throws a `Problem` for a key that was used for another request.
    init(_ outcome: StoreOutcome, of request: RequestID) throws {
        switch outcome {
        case .stored: id = request
        case .replayed(let first):
            id = first
            isReplayed = true
        case .conflict:
            throw Problem(
                .idempotencyKeyReused,
                "The key stands for a request with another destination or topic, method, path, query or body. Use a new key."
            )
        }
    }

    var location: String { "/v1/requests/\(id)" }

    var answer: Answer {
        let id = id.description
        var fields: HTTPFields = [.location: "/v1/requests/" + id, .contentType: "application/json"]
        if isReplayed { fields[.idempotencyReplayed] = "true" }
        return Answer(.accepted, fields, body: ByteBuffer(string: #"{"id":""# + id + #""}"#))
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.name("status")
            writer.number(HTTPResponse.Status.accepted.code)
            writer.name("id")
            writer.string(id.description)
            writer.name("location")
            writer.string(location)
            if isReplayed {
                writer.name("replayed")
                writer.bool(true)
            }
        }
    }
}
