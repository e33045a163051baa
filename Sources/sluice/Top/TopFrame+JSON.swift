import API
import JSON
import Postgres
import Requests

extension TopFrame {
    var json: String { JSONWriter.text { $0.object(write) } }

    private func write(to writer: inout JSONWriter) {
        writer.member("at", reading.at.rfc3339)
        writer.member("database", reading.database)
        writer.count("processes", reading.processes)
        writer.member("leader", reading.leader)
        writer.rate("accepted_per_second", rates?.accepted)
        writer.rate("attempts_per_second", rates?.attempts)
        writer.rate("dead_per_second", rates?.dead)
        writer.name("last_minute")
        if let minute = reading.minute {
            writer.object { writer in
                writer.member("minute", minute.minute.rfc3339)
                writer.count("accepted", minute.accepted)
                writer.count("delivered", minute.delivered)
                writer.count("retried", minute.retried)
                writer.count("dead", minute.dead)
                writer.count("other", minute.other)
            }
        } else {
            writer.null()
        }
        writer.count("waiting", reading.waiting.count)
        writer.name("waiting_is_estimate")
        writer.bool(reading.waiting.isEstimate)
        writer.count("in_flight", reading.inFlight)
        writer.count("dead", reading.dead)
        writer.name("circuits")
        writer.object { writer in
            for (state, count) in reading.circuits {
                writer.name(state)
                writer.number(count)
            }
        }
        writer.name("destinations")
        writer.array { writer in
            for destination in reading.destinations(by: view.order) { writer.object(destination.write) }
        }
    }
}

extension TopReading.Destination {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("tenant", tenant)
        writer.member("destination", name)
        writer.member("circuit", state)
        writer.count("waiting", waiting)
        writer.name("waiting_is_more")
        writer.bool(isMore)
        writer.member("oldest_at", oldestAt?.rfc3339)
        writer.count("in_flight", inFlight)
        writer.count("delivered_last_minute", delivered)
        writer.count("failed_last_minute", failed)
    }
}

extension JSONWriter {
    fileprivate mutating func count(_ name: StaticString, _ count: Int64) {
        self.name(name)
        number(count)
    }

    fileprivate mutating func rate(_ name: StaticString, _ rate: Double?) {
        self.name(name)
        if let rate { number((rate * 1000).rounded() / 1000) } else { null() }
    }
}
