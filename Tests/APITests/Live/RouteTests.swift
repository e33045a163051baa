import Model
import Requests
import Tenants
import TestSupport
import Testing

@testable import API

@Suite struct RouteTests {
    @Test func aRouteIsMadeShownChangedAndDeleted() async throws {
        try await withGateway { gateway in
            let made = try await gateway.call(
                "POST", "/v1/routes", #"{"name": "r", "topic": "a.#", "destination": "hook"}"#)
            #expect(made.status == 201 && made["location"] == "/v1/routes/r" && made["etag"] == "\"1\"")
            #expect(made.json["enabled"] as? Bool == true && made.json["filters"] as? [String] == [])
            let twice = try await gateway.call(
                "POST", "/v1/routes", #"{"name": "r", "topic": "b", "destination": "hook"}"#)
            #expect(twice.status == 409 && twice.problem == "name-taken")
            #expect(try await gateway.call("PUT", "/v1/routes/r", made.text).status == 428)
            let put = try await gateway.call("PUT", "/v1/routes/r", made.text, ["If-Match: \"1\""])
            #expect(put.status == 200 && put["etag"] == "\"2\"")
            #expect(try await gateway.call("PUT", "/v1/routes/r", made.text, ["If-Match: \"1\""]).status == 412)
            let patched = try await gateway.call(
                "PATCH", "/v1/routes/r", #"{"filters": [{"field": "header.X-A", "equals": "1"}], "enabled": false}"#)
            #expect(patched.status == 200 && patched.text.contains(#"{"equals":"1","field":"header.x-a"}"#))
            #expect(
                try await gateway.call("PUT", "/v1/routes/other", ##"{"topic": "#", "destination": "hook"}"##).status
                    == 201)
            let first = try await gateway.call("GET", "/v1/routes?limit=1")
            #expect(first.json["next"] as? String == "r" && first.text.contains(#""name":"other""#))
            #expect(try await gateway.call("GET", "/v1/routes?cursor=r").json["next"] is String == false)
            #expect(try await gateway.call("DELETE", "/v1/routes/r", "", ["If-Match: \"1\""]).status == 412)
            #expect(try await gateway.call("DELETE", "/v1/routes/r").status == 204)
            #expect(try await gateway.call("GET", "/v1/routes/r").problem == "not-found")
        }
    }

    @Test func whatIsWrongIsToldByMember() async throws {
        try await withGateway { gateway in
            for (json, problem, words) in [
                (#"{"topic": "a", "destination": "hook"}"#, "invalid-route", "name is missing"),
                (#"{"name": "r", "destination": "hook"}"#, "invalid-route", "topic is missing"),
                (#"{"name": "r", "topic": "a..b", "destination": "hook"}"#, "invalid-route", "topic must be"),
                (#"{"name": "R", "topic": "a", "destination": "hook"}"#, "invalid-route", "name must be"),
                (#"{"name": "rоute", "topic": "a", "destination": "hook"}"#, "invalid-route", "name must be"),
                (#"{"name": "r", "topic": "a", "destination": "nix"}"#, "unknown-destination", "nix"),
                (
                    #"{"name": "r", "topic": "a", "destination": "'; DROP TABLE sluice.route; --"}"#,
                    "unknown-destination", "DROP"
                ),
                (#"{"name": "r""#, "invalid-json", "Byte"),
                (#"{"name": "r", "filters": "# + String(repeating: "[", count: 200_000), "invalid-json", "levels"),
            ] {
                let answer = try await gateway.call("POST", "/v1/routes", json)
                #expect(answer.problem == problem && answer.text.contains(words), "\(answer.text)")
            }
            let large = try await gateway.call("POST", "/v1/routes", String(repeating: " ", count: (1 << 20) + 1))
            #expect(large.problem == "payload-too-large")
            #expect(try await gateway.call("GET", "/v1/routes").json["next"] is String == false)
        }
    }

    /// Another tenant's are unknown, whatever is asked.
    @Test func nothingCrossesTenants() async throws {
        try await withGateway { gateway in
            let route = #"{"name": "r", "topic": "a", "destination": "hook"}"#
            #expect(try await gateway.call("POST", "/v1/routes", route).status == 201)
            for method in ["GET", "PATCH", "DELETE"] {
                let answer = try await gateway.send(
                    method, "/v1/routes/r", key: gateway.otherKey, body: Array("{}".utf8))
                #expect(answer.status == 404, "\(method)")
            }
            try await gateway.snapshots.load()
            let other = try await gateway.send(
                "POST", "/v1/requests", key: gateway.otherKey, ["Content-Type: application/json"],
                body: Array(#"{"topic": "a", "body": 1}"#.utf8))
            let shown = try await gateway.send("GET", "/v1/requests/\(other.id)", key: gateway.otherKey)
            #expect(shown.json["is_unrouted"] as? Bool == true)
            #expect(try await gateway.call("GET", "/v1/requests/\(other.id)").status == 404)
            #expect(
                try await gateway.call("POST", "/v1/requests/\(other.id)/replay", #"{"destination": "hook"}"#).status
                    == 404)
        }
    }

    @Test func oneRequestGoesToEveryDestinationThatFitsOnce() async throws {
        try await withGateway { gateway in
            for name in ["one", "two", "three"] {
                let json = #"{"name": "\#(name)", "base_url": "http://127.0.0.1:9"}"#
                #expect(try await gateway.call("POST", "/v1/destinations", json).status == 201)
            }
            for (name, topic, destination, filters) in [
                ("1", "order.*", "one", "[]"), ("2", "#", "one", "[]"), ("3", "order.made", "two", "[]"),
                ("4", "order.made", "three", #"[{"field": "header.X-Kind", "any_of": ["big"]}]"#),
            ] {
                let json =
                    #"{"name": "\#(name)", "topic": "\#(topic)", "destination": "\#(destination)", "filters": \#(filters)}"#
                #expect(try await gateway.call("POST", "/v1/routes", json).status == 201)
            }
            try await gateway.snapshots.load()
            for (envelope, expected) in [
                (#"{"topic": "order.made", "body": 1}"#, ["one", "two"]),
                (#"{"topic": "order.made", "headers": {"x-kind": "big"}, "body": 1}"#, ["one", "three", "two"]),
                (#"{"topic": "else", "body": 1}"#, ["one"]),
            ] {
                let answer = try await gateway.post(envelope)
                #expect(answer.status == 202)
                let shown = try await gateway.call("GET", "/v1/requests/\(answer.id)")
                let deliveries = shown.json["deliveries"] as? [[String: Any]] ?? []
                #expect(deliveries.compactMap { $0["destination"] as? String }.sorted() == expected)
            }
        }
    }

    @Test func noRouteIsStoredSeenAndReplayed() async throws {
        try await withGateway { gateway in
            let answer = try await gateway.send(
                "POST", "/v1/requests", ["Content-Type: application/json", "Prefer: wait=30"],
                body: Array(#"{"topic": "nobody.cares", "body": 1}"#.utf8))
            #expect(answer.status == 202 && answer["preference-applied"] == nil)
            let list = try await gateway.call("GET", "/v1/requests?state=unrouted&topic=nobody.cares")
            #expect(list.text.contains(answer.id) && list.text.contains(#""is_unrouted":true"#))
            #expect(try await gateway.call("POST", "/v1/requests/\(answer.id)/replay").problem == "delivery-state")
            let replayed = try await gateway.call(
                "POST", "/v1/requests/\(answer.id)/replay", #"{"destination": "hook"}"#)
            #expect(replayed.status == 200 && replayed.text.contains(#""state":"waiting""#), "\(replayed.text)")
            #expect(replayed.json["is_unrouted"] as? Bool == false)
        }
    }

    @Test func anEnvelopeHasOneOfDestinationAndTopic() async throws {
        try await withGateway { gateway in
            for json in [
                #"{"topic": "a", "destination": "hook", "body": 1}"#, #"{"body": 1}"#, #"{"topic": "a..b", "body": 1}"#,
                #"{"topic": "", "body": 1}"#, #"{"topic": "*", "body": 1}"#, #"{"topic": 1, "body": 1}"#,
                #"{"topic": "tоpic", "body": 1}"#, #"{"topic": "a\u0000", "body": 1}"#,
            ] {
                let answer = try await gateway.post(json)
                #expect(answer.status == 422 && answer.problem == "invalid-envelope", "\(json)")
            }
            #expect(try await gateway.count() == 0)
        }
    }

    @Test func tooWideAFanOutIsRefusedAndNothingStored() async throws {
        try await withGateway { gateway in
            let tenant = try await gateway.tenants.requireTenant(named: "a")
            for number in 0...Addressee.fanOutLimit {
                let name = "d\(number)"
                let destination = try await gateway.tenants.putDestination(
                    DestinationSettings(name: name, baseURL: "http://127.0.0.1:9"), tenant: tenant.id,
                    shard: tenant.shard)
                let settings = RouteSettings(
                    name: name, pattern: try #require(TopicPattern(number == 0 ? "wide" : "#")), destination: name)
                _ = try await gateway.tenants.putRoute(
                    settings, to: destination.id, tenant: tenant.id, shard: tenant.shard)
            }
            try await gateway.snapshots.load()
            let refused = try await gateway.post(#"{"topic": "wide", "body": 1}"#)
            #expect(refused.status == 422 && refused.problem == "fan-out-too-wide" && refused.text.contains("101"))
            #expect(try await gateway.count() == 0)
            #expect(try await gateway.post(#"{"topic": "narrow", "body": 1}"#).status == 202)
            // In a batch it disturbs no other.
            let batch = try await gateway.post(#"[{"topic": "wide", "body": 1}, {"topic": "narrow", "body": 1}]"#)
            #expect(batch.status == 207 && batch.results.map { $0["status"] as? Int } == [422, 202])
        }
    }

    @Test func theFirstOutcomeOfAFanOutAnswersWhoWaits() async throws {
        try await withGateway { gateway in
            #expect(
                try await gateway.call(
                    "POST", "/v1/destinations", #"{"name": "slow", "base_url": "http://127.0.0.1:9"}"#
                ).status == 201)
            for name in ["hook", "slow"] {
                let json = #"{"name": "\#(name)", "topic": "t", "destination": "\#(name)"}"#
                #expect(try await gateway.call("POST", "/v1/routes", json).status == 201)
            }
            try await gateway.snapshots.load()
            async let waiting = gateway.send(
                "POST", "/v1/requests", ["Content-Type: application/json", "Prefer: wait=30"],
                body: Array(#"{"topic": "t", "body": 1}"#.utf8))
            let deliveries = DeliveryStore(gateway.client)
            let lane = gateway.destination.lane
            var claimed: [Delivery] = []
            try await eventually {
                try await deliveries.arm([lane])
                claimed = try await deliveries.claim(shard: lane.shard, worker: .new(), limits: .init()).deliveries
                    .filter { $0.lane == lane }
                return !claimed.isEmpty
            }
            let outcome = Outcome(.delivered, .delivered)
            _ = try await deliveries.report(claimed.map { Report($0, outcome) }, within: .seconds(10))
            let answer = try await waiting
            #expect(answer.status == 200 && answer.json["destination"] as? String == "hook")
        }
    }
}

extension Gateway {
    /// One exchange with the first tenant's key.
    func call(
        _ method: String, _ target: String, _ json: String = "", _ headers: [String] = []
    ) async throws -> Answer {
        try await send(method, target, headers, body: Array(json.utf8))
    }
}
