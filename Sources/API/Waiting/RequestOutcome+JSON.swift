import FoundationEssentials
import HTTPTypes
import JSON
import Model
import Requests

extension RequestOutcome {
    func answer(_ acceptance: Acceptance) -> Answer {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("id", acceptance.id.description)
            writer.member("state", state)
            writer.member("destination", destination)
            writer.member("class", attemptClass)
            writer.name("attempt_count")
            writer.number(attempts)
            writer.member("finished_at", finishedAt.rfc3339)
            writer.name("status")
            if let status { writer.number(status) } else { writer.null() }
            writer.name("latency_us")
            writer.number(latencyMicroseconds)
            writer.member("error", error)
            writer.name("response_headers")
            if let responseHead { HeaderLines(text: responseHead).write(to: &writer) } else { writer.null() }
            writer.responseBody(responseBody)
        }
        var answer = Answer(.ok, json: writer)
        answer.head.headerFields[.location] = acceptance.location
        if acceptance.isReplayed { answer.head.headerFields[.idempotencyReplayed] = "true" }
        return answer
    }
}

extension JSONWriter {
    /// As text, or in base64 where it is none.
    mutating func responseBody(_ body: [UInt8]?) {
        if let body, String(validating: body, as: UTF8.self) == nil {
            member("response_body_base64", Data(body).base64EncodedString())
        } else {
            member("response_body", body.map { String(decoding: $0, as: UTF8.self) })
        }
    }
}
