import JSON
import Model
import Postgres
package import Requests

extension RequestRecord {
    /// As `GET /v1/requests/{id}` has it.
    package var json: String { JSONWriter.text(write) }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id.description)
            writer.member("method", method)
            writer.member("path", path)
            writer.member("query", query)
            writer.member("topic", topic)
            writer.name("is_unrouted")
            writer.bool(deliveries.isEmpty)
            writer.name("headers")
            headers.write(to: &writer)
            writer.name("bytes")
            writer.number(bytes)
            writer.member("received_at", receivedAt.rfc3339)
            writer.member("due_at", dueAt.rfc3339)
            writer.member("expires_at", expiresAt?.rfc3339)
            writer.name("flags")
            writer.json(stamps ?? "[]")
            writer.name("deliveries")
            writer.array { writer in
                for delivery in deliveries {
                    delivery.write(attempts.filter { $0.lane == delivery.lane }, to: &writer)
                }
            }
        }
    }
}

extension RequestRecord.Delivery {
    fileprivate func write(_ log: [RequestRecord.Attempt], to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("destination", destination)
            writer.member("state", state)
            writer.member("due_at", dueAt?.rfc3339)
            writer.name("attempt_count")
            writer.number(attempts)
            writer.name("attempts")
            writer.array { writer in
                for attempt in log { attempt.write(to: &writer) }
            }
        }
    }
}

extension RequestRecord.Attempt {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.name("number")
            writer.number(number)
            writer.member("finished_at", finishedAt.rfc3339)
            writer.member("verdict", verdict)
            writer.member("class", attemptClass)
            writer.name("status")
            if let status { writer.number(status) } else { writer.null() }
            writer.name("latency_us")
            writer.number(latencyMicroseconds)
            writer.member("next_due_at", nextDueAt?.rfc3339)
            writer.member("error", error)
            writer.name("response_headers")
            if let responseHead { HeaderLines(text: responseHead).write(to: &writer) } else { writer.null() }
            writer.responseBody(responseBody)
        }
    }
}

extension HeaderLines {
    /// As an envelope has them: an object; the value is an array where a name comes several times.
    func write(to writer: inout JSONWriter) {
        var names: [Substring] = []
        var values: [Substring: [Substring]] = [:]
        for (name, value) in fields {
            if values[name] == nil { names.append(name) }
            values[name, default: []].append(value)
        }
        writer.object { writer in
            for name in names {
                let values = values[name] ?? []
                writer.name(String(name))
                if values.count == 1 {
                    writer.string(values[0])
                } else {
                    writer.array { writer in
                        for value in values { writer.string(value) }
                    }
                }
            }
        }
    }
}
