import JSON
import Model
package import Requests

extension RequestSummary {
    /// As `GET /v1/requests` has it.
    package var json: String { JSONWriter.text(write) }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id.description)
            writer.member("method", method)
            writer.member("path", path)
            writer.member("query", query)
            writer.member("topic", topic)
            writer.name("is_unrouted")
            writer.bool(isUnrouted)
            writer.name("bytes")
            writer.number(bytes)
            writer.member("received_at", receivedAt.rfc3339)
            writer.member("due_at", dueAt.rfc3339)
            writer.member("expires_at", expiresAt?.rfc3339)
            writer.name("deliveries")
            writer.array { writer in
                for delivery in deliveries { delivery.write(to: &writer) }
            }
        }
    }
}

extension RequestSummary.Delivery {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("destination", destination)
            writer.member("state", state)
            writer.name("attempt_count")
            writer.number(attempts)
            writer.member("last_attempt_at", lastAttemptAt?.rfc3339)
            writer.member("last_class", lastClass)
            writer.name("last_status")
            if let lastStatus { writer.number(lastStatus) } else { writer.null() }
        }
    }
}
