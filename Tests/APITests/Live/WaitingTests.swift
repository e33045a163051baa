import Model
import Requests
import Tenants
import TestSupport
import Testing

@testable import API

@Suite struct WaitingTests {
    /// Delivers, or otherwise ends, what comes to the gateway's destination next.
    private func end(_ gateway: Gateway, _ verdict: Verdict = .delivered) async throws {
        let deliveries = DeliveryStore(gateway.client)
        let lane = gateway.destination.lane
        var claimed: [Delivery] = []
        try await eventually {
            try await deliveries.arm([lane])
            claimed = try await deliveries.claim(shard: lane.shard, worker: .new(), limits: .init()).deliveries
            return !claimed.isEmpty
        }
        var outcome = Outcome(verdict, verdict == .delivered ? .delivered : .rejected, latency: .microseconds(1_500))
        (outcome.status, outcome.responseBody, outcome.responseHead) = (201, Array("\"done\"".utf8), "X: 1\n")
        _ = try await deliveries.report(claimed.map { Report($0, outcome) }, within: .seconds(10))
    }

    private let envelope = Array(#"{"destination": "hook", "body": 1}"#.utf8)
    private let json = ["Content-Type: application/json"]

    @Test(arguments: [true, false])
    func answersWithTheOutcome(_ isCapture: Bool) async throws {
        try await withGateway { gateway in
            async let waiting =
                isCapture
                ? gateway.send("POST", "/in/hook/a", ["Prefer: wait=30"], body: [1])
                : gateway.send("POST", "/v1/requests", json + ["Prefer: wait=30"], body: envelope)
            try await end(gateway)
            let answer = try await waiting
            #expect(answer.status == 200 && answer["preference-applied"] == "wait=30")
            #expect(answer["location"] == "/v1/requests/\(answer.id)")
            #expect(answer.json["state"] as? String == "delivered" && answer.json["status"] as? Int == 201)
            #expect(answer.json["latency_us"] as? Int == 1_500 && answer.json["response_body"] as? String == "\"done\"")
            #expect(answer.json["destination"] as? String == "hook" && answer.json["attempt_count"] as? Int == 1)
            #expect(gateway.waiters.count == 0)
        }
    }

    @Test func tellsOfTheDead() async throws {
        try await withGateway { gateway in
            async let waiting = gateway.send("POST", "/in/hook", ["Prefer: wait=30"])
            try await end(gateway, .dead)
            let answer = try await waiting
            #expect(answer.json["state"] as? String == "dead")
        }
    }

    /// A retry is no outcome.
    @Test func waitsThroughRetries() async throws {
        try await withGateway { gateway in
            async let waiting = gateway.send("POST", "/in/hook", ["Prefer: wait=30"])
            try await end(gateway, .returned)
            try await end(gateway)
            let answer = try await waiting
            #expect(answer.json["state"] as? String == "delivered")
        }
    }

    @Test func isCancelledMeanwhile() async throws {
        try await withGateway { gateway in
            async let waiting = gateway.send("POST", "/in/hook", ["Prefer: wait=30"])
            var id = ""
            try await eventually {
                let list = try await gateway.send("GET", "/v1/requests").json["requests"] as? [[String: Any]]
                id = list?.first?["id"] as? String ?? ""
                return !id.isEmpty
            }
            #expect(try await gateway.send("POST", "/v1/requests/\(id)/cancel").status == 200)
            let answer = try await waiting
            #expect(answer.json["state"] as? String == "cancelled")
        }
    }

    @Test func answersAfterItsTime() async throws {
        try await withGateway { gateway in
            let answer = try await gateway.send("POST", "/in/hook", ["Prefer: wait=1"])
            #expect(answer.status == 202 && answer["preference-applied"] == "wait=1" && !answer.id.isEmpty)
            #expect(gateway.waiters.count == 0)
        }
    }

    /// The announcement is a hint: without it there is one look at the end.
    @Test func looksAtItsDeadline() async throws {
        try await withGateway(hearsOutcomes: false) { gateway in
            async let waiting = gateway.send("POST", "/in/hook", ["Prefer: wait=2"])
            try await end(gateway)
            let answer = try await waiting
            #expect(answer.status == 200)
        }
    }

    @Test func doesNotWaitBeyondTheLimit() async throws {
        try await withGateway(waiterLimit: 0) { gateway in
            for answer in [
                try await gateway.send("POST", "/in/hook", ["Prefer: wait=30"]),
                try await gateway.send("POST", "/v1/requests", json + ["Prefer: wait=30"], body: envelope),
            ] {
                #expect(answer.status == 202 && answer["preference-applied"] == nil)
            }
        }
    }

    @Test func aRepetitionLooksOnce() async throws {
        try await withGateway { gateway in
            let key = ["Idempotency-Key: \"k\"", "Prefer: wait=30"]
            async let waiting = gateway.send("POST", "/in/hook", key)
            try await eventually { try await gateway.count() == 1 }
            let early = try await gateway.send("POST", "/in/hook", key)
            #expect(
                early.status == 202 && early["idempotency-replayed"] == "true" && early["preference-applied"] == nil)
            try await end(gateway)
            let first = try await waiting
            let late = try await gateway.send("POST", "/in/hook", key)
            #expect(late.status == 200 && late["idempotency-replayed"] == "true" && late.id == first.id)
            let conflict = try await gateway.send("POST", "/in/hook", key, body: [1])
            #expect(conflict.status == 422)
            #expect(gateway.waiters.count == 0)
        }
    }

    @Test func shutdownAnswersAll() async throws {
        try await withGateway { gateway in
            async let one = gateway.send("POST", "/in/hook", ["Prefer: wait=60"])
            async let other = gateway.send("POST", "/v1/requests", json + ["Prefer: wait=60"], body: envelope)
            try await eventually { try await gateway.count() == 2 }
            let start = ContinuousClock.now
            await gateway.stop()
            let statuses = [try await one.status, try await other.status]
            #expect(statuses == [202, 202])
            #expect(.now - start < .seconds(20))
        }
    }
}
