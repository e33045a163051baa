import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

@testable import API

@Suite struct SteeringTests {
    private func finish(_ gateway: Gateway, _ verdict: Verdict) async throws {
        let deliveries = DeliveryStore(gateway.client)
        let lane = gateway.destination.lane
        var claimed: [Delivery] = []
        try await eventually {
            try await deliveries.arm([lane])
            claimed = try await deliveries.claim(shard: lane.shard, worker: .new(), limits: .init()).deliveries
            return !claimed.isEmpty
        }
        let outcome = Outcome(verdict, verdict == .delivered ? .delivered : .rejected)
        _ = try await deliveries.report(claimed.map { Report($0, outcome) }, within: .seconds(10))
    }

    private func state(_ answer: Answer) -> String? {
        (answer.json["deliveries"] as? [[String: Any]])?.first?["state"] as? String
    }

    private func post(_ gateway: Gateway, _ target: String, _ body: String = "", key: Bool = true) async throws
        -> Answer
    {
        try await gateway.send("POST", target, key: key ? nil : gateway.otherKey, body: Array(body.utf8))
    }

    @Test func givesTheBodyAsItCame() async throws {
        try await withGateway { gateway in
            let body: [UInt8] = [0, 0xff, 0x3c]
            let id = try await gateway.send("POST", "/in/hook", ["Content-Type: text/html"], body: body).id
            let answer = try await gateway.send("GET", "/v1/requests/\(id)/body")
            #expect(answer.body == body && answer["content-type"] == "application/octet-stream")
            #expect(answer["x-content-type-options"] == "nosniff")
            #expect(answer["content-disposition"] == "attachment; filename=\"\(id)\"")
            #expect(try await gateway.send("GET", "/v1/requests/\(id)/body", key: gateway.otherKey).status == 404)
        }
    }

    @Test func cancelsAndReplays() async throws {
        try await withGateway { gateway in
            let target = "/v1/requests/\(try await gateway.send().id)"
            #expect(try await post(gateway, target + "/replay").problem == "delivery-state")
            let cancelled = try await post(gateway, target + "/cancel", "{}")
            #expect(cancelled.status == 200 && state(cancelled) == "cancelled")
            #expect(try await post(gateway, target + "/cancel").status == 200)
            let replayed = try await post(gateway, target + "/replay", #"{"destination": "hook"}"#)
            #expect(replayed.status == 200 && state(replayed) == "waiting")
            try await finish(gateway, .delivered)
            let late = try await post(gateway, target + "/cancel")
            // Its log still has the cancelled first run, but the delivery has ended otherwise.
            #expect(late.status == 409 && late.problem == "delivery-state")
            #expect(state(try await post(gateway, target + "/replay")) == "waiting")
        }
    }

    @Test func refusesWhatIsNotValid() async throws {
        try await withGateway { gateway in
            let target = "/v1/requests/\(try await gateway.send().id)"
            for (action, body, status) in [
                ("replay", "[]", 400), ("replay", "{", 400), ("replay", #"{"x": 1}"#, 400),
                ("replay", #"{"destination": 1}"#, 400), ("replay", #"{"destination": "nix"}"#, 404),
                ("replay", #"{"destination": "hook", "destination": "hook"}"#, 400), ("cancel", #"{"x": 1}"#, 400),
                ("cancel", "1", 400), ("replay", String(repeating: " ", count: 5_000), 413),
                ("replay", String(repeating: "[", count: 4_000), 400),
            ] {
                #expect(
                    try await post(gateway, "\(target)/\(action)", body).status == status,
                    "\(action) \(body.prefix(40))")
            }
        }
    }

    @Test func othersIDsAreUnknown() async throws {
        try await withGateway { gateway in
            let id = try await gateway.send().id
            let unknown = try await post(gateway, "/v1/requests/\(RequestID.new())/cancel")
            for action in ["cancel", "replay"] {
                for (name, key) in [(id, false), (RequestID.new().description, true), ("x", true), ("%00", true)] {
                    let answer = try await post(gateway, "/v1/requests/\(name)/\(action)", key: key)
                    #expect(answer.status == 404 && answer.text == unknown.text, "\(action) \(name)")
                }
            }
            #expect(state(try await gateway.send("GET", "/v1/requests/\(id)")) == "waiting")
        }
    }

    @Test func replaysDeadLetters() async throws {
        try await withGateway { gateway in
            let id = try await gateway.send().id
            try await finish(gateway, .dead)
            let list = try await gateway.send("GET", "/v1/dead-letters?destination=hook&class=rejected")
            let letter = try #require((list.json["dead_letters"] as? [[String: Any]])?.first)
            #expect(letter["request_id"] as? String == id && letter["class"] as? String == "rejected")
            #expect(try await gateway.send("GET", "/v1/dead-letters", key: gateway.otherKey).text.contains("[]"))

            let dry = try await post(gateway, "/v1/dead-letters/replay", #"{"dry_run": true, "class": "rejected"}"#)
            #expect(dry.status == 200 && dry.text == #"{"count":1,"is_exact":true}"#)
            let none = try await post(gateway, "/v1/dead-letters/replay", #"{"dry_run": true}"#, key: false)
            #expect(none.text == #"{"count":0,"is_exact":true}"#)

            let started = try await post(
                gateway, "/v1/dead-letters/replay",
                #"{"destination": "hook", "rate_per_second": 2.5, "dead_from": "2020-01-01T00:00:00Z"}"#)
            #expect(started.status == 202 && started.json["state"] as? String == "running")
            let location = try #require(started["location"])
            #expect(location == "/v1/replays/\(started.id)" && started.json["rate_per_second"] as? Double == 2.5)
            #expect(try await gateway.send("GET", location, key: gateway.otherKey).status == 404)
            #expect(try await post(gateway, location + "/cancel", key: false).status == 404)
            try await eventually {
                try await ReplayStore(gateway.client).advance(.only)
                return try await gateway.send("GET", location).json["state"] as? String == "done"
            }
            let done = try await gateway.send("GET", location)
            #expect(done.json["replayed"] as? Int == 1)
            #expect(state(try await gateway.send("GET", "/v1/requests/\(id)")) == "waiting")
            #expect(try await post(gateway, location + "/cancel").json["state"] as? String == "done")
            let all = try await gateway.send("GET", "/v1/replays")
            #expect((all.json["replays"] as? [[String: Any]])?.count == 1)
        }
    }

    @Test func replaysAreBoundedAndCancelled() async throws {
        try await withGateway { gateway in
            var last = ""
            for _ in 0..<8 { last = try await post(gateway, "/v1/dead-letters/replay", "{}").id }
            let ninth = try await post(gateway, "/v1/dead-letters/replay", "{}")
            #expect(ninth.status == 409 && ninth.problem == "replay-limit")
            let cancelled = try await post(gateway, "/v1/replays/\(last)/cancel")
            #expect(cancelled.status == 200 && cancelled.json["state"] as? String == "cancelled")
            #expect(try await post(gateway, "/v1/dead-letters/replay", "{}").status == 202)
            let page = try await gateway.send("GET", "/v1/replays?limit=5")
            let next = try #require(page.json["next"] as? String)
            let rest = try await gateway.send("GET", "/v1/replays?cursor=\(next)")
            #expect((rest.json["replays"] as? [[String: Any]])?.count == 4)
        }
    }

    @Test func refusesReplaysThatAreNotValid() async throws {
        try await withGateway { gateway in
            for body in [
                "", "[]", #"{"rate_per_second": 0}"#, #"{"rate_per_second": 1001}"#, #"{"rate_per_second": "1"}"#,
                #"{"rate_per_second": 1e999}"#, #"{"class": "x"}"#, #"{"class": 1}"#, #"{"dead_from": "x"}"#,
                #"{"dead_before": 1}"#, #"{"dry_run": 1}"#, #"{"limit": 1}"#, #"{"dry_run": true, "dry_run": true}"#,
            ] {
                let answer = try await post(gateway, "/v1/dead-letters/replay", body)
                #expect(answer.status == 400, "\(body)")
            }
            #expect(try await post(gateway, "/v1/dead-letters/replay", #"{"destination": "nix"}"#).status == 404)
            for query in ["class=x", "dead_from=x", "dead_before=", "limit=0", "cursor=x", "state=dead"] {
                #expect(try await gateway.send("GET", "/v1/dead-letters?" + query).status == 400, "\(query)")
            }
            #expect(try await gateway.send("GET", "/v1/replays/x").status == 404)
        }
    }
}
