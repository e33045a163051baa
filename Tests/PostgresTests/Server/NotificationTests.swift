import TestSupport
import Testing

@testable import Postgres

@Suite struct NotificationTests {
    private func text(_ event: Client.Event) -> String {
        switch event {
        case .connected: "connected"
        case .disconnected: "disconnected"
        case .notification(let channel, let payload): "\(channel): \(payload)"
        }
    }

    @Test func eventsOfAListener() async throws {
        try await withEmptyDatabase { database in
            let events = Shared<[String]>([])
            let sender = database.client()
            let listener = database.client {
                $0.channels = ["things", "Odd Name"]
                $0.onEvent = { event in events.update { $0.append(text(event)) } }
            }
            try await eventually { events.value == ["connected"] }
            let notify = Statement("SELECT pg_notify($1, $2)")
            _ = try await sender.execute(notify, Parameters("things", "one"))
            _ = try await sender.execute(notify, Parameters("elsewhere", "nobody"))
            _ = try await sender.execute(notify, Parameters("Odd Name", ""))
            try await eventually { events.value.count == 3 }
            #expect(events.value == ["connected", "things: one", "Odd Name: "])
            try await sender.terminate(listener.backend())
            try await eventually { events.value.suffix(2) == ["disconnected", "connected"] }
            _ = try await sender.execute(notify, Parameters("things", "two"))
            try await eventually { events.value.last == "things: two" }
            #expect(events.value.count { $0 == "connected" } == 2)
        }
    }

    @Test func aListenerStillAnswersQueries() async throws {
        try await withEmptyDatabase { database in
            let count = Shared(0)
            let client = database.client {
                $0.channels = ["self"]
                $0.onEvent = { event in if case .notification = event { count.update { $0 += 1 } } }
            }
            for number in 0..<100 {
                _ = try await client.execute(Statement("SELECT pg_notify('self', $1)"), Parameters("\(number)"))
            }
            try await eventually { count.value == 100 }
        }
    }
}
