package import Circuits
import JSON
import Postgres

extension CircuitView {
    /// As `GET /v1/circuits` has it.
    package var json: String { JSONWriter.text { $0.object(write) } }

    /// Its members, within an object.
    func write(to writer: inout JSONWriter) {
        writer.member("destination", destination)
        writer.member("state", state)
        writer.member("since", since.rfc3339)
        writer.member("reason", reason)
        writer.member("mode", mode)
        writer.member("mode_until", modeUntil?.rfc3339)
        writer.member("mode_by", modeBy)
        writer.member("mode_reason", modeReason)
        writer.name("epoch")
        writer.number(epoch)
        writer.member("next_probe_at", nextProbeAt?.rfc3339)
        writer.member("throttled_until", throttledUntil?.rfc3339)
        writer.name("deliveries_allowed")
        writer.number(allowed)
        writer.name("in_flight")
        writer.number(inFlight)
        writer.name("waiting")
        writer.number(min(waiting, Self.countedTo))
        writer.name("waiting_is_more")
        writer.bool(waiting > Self.countedTo)
        writer.member("oldest_waiting_at", oldestWaitingAt?.rfc3339)
    }
}

extension CircuitRecord {
    /// As the history of `GET /v1/circuits/{destination}` has it.
    package var json: String { JSONWriter.text(write) }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("at", at.rfc3339)
            writer.name("epoch")
            writer.number(epoch)
            writer.member("from", from)
            writer.member("to", to)
            writer.member("mode", mode)
            writer.member("reason", reason)
            writer.member("actor", actor)
            writer.name("evidence")
            writer.json(evidence)
        }
    }
}
