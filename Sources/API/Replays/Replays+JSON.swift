import JSON
import Model
package import Requests

extension ReplayTask {
    /// As `GET /v1/replays/{id}` has it.
    package var json: String { JSONWriter.text(write) }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id.description)
            writer.member("state", state)
            writer.member("destination", destination)
            writer.member("class", attemptClass)
            writer.member("dead_from", deadFrom?.rfc3339)
            writer.member("dead_before", deadBefore.rfc3339)
            writer.name("rate_per_second")
            writer.json("\(ratePerSecond)")
            writer.member("actor", actor)
            writer.member("created_at", createdAt.rfc3339)
            writer.member("ended_at", endedAt?.rfc3339)
            for (name, count) in [("examined", examined), ("replayed", replayed), ("expired", expired)] {
                writer.name(name)
                writer.number(count)
            }
        }
    }
}

extension DeadLetter {
    /// As `GET /v1/dead-letters` has it.
    package var json: String { JSONWriter.text(write) }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("request_id", position.request.description)
            writer.member("destination", destination)
            writer.member("dead_at", deadAt.rfc3339)
            writer.name("attempt_count")
            writer.number(attempts)
            writer.member("class", attemptClass)
            writer.name("status")
            if let status { writer.number(status) } else { writer.null() }
            writer.member("error", error)
            writer.member("method", method)
            writer.member("path", path)
            writer.member("query", query)
            writer.name("bytes")
            writer.number(bytes)
            writer.member("received_at", receivedAt.rfc3339)
            writer.member("expires_at", expiresAt?.rfc3339)
        }
    }
}
