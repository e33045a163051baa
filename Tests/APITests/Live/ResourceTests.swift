import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

@testable import API

@Suite struct ResourceTests {
    @Test func tellsHealth() async throws {
        try await withGateway { gateway in
            for path in ["/livez", "/readyz"] {
                #expect(try await gateway.send("GET", path).text == "ok\n")
                let head = try await gateway.send("HEAD", path)
                #expect(head.status == 200 && head["content-length"] == "3")
            }
            gateway.isReady.update { $0 = false }
            let answer = try await gateway.send("GET", "/readyz")
            #expect(answer.status == 503 && answer.problem == "not-ready" && answer["retry-after"] == "1")
            #expect(try await gateway.send("GET", "/livez").status == 200)
        }
    }

    @Test(arguments: [
        ("PUT", "/v1/requests", "POST, GET, HEAD"), ("DELETE", "/livez", "GET, HEAD"),
        ("POST", "/readyz?x", "GET, HEAD"),
        ("PUT", "/v1/requests/x", "GET, HEAD"), ("OPTIONS", "/v1/replays", "GET, HEAD"),
    ])
    func tellsMethods(_ method: String, _ path: String, _ allowed: String) async throws {
        try await withGateway { gateway in
            let answer = try await gateway.send(method, path)
            #expect(answer.status == 405 && answer.problem == "method-not-allowed" && answer["allow"] == allowed)
        }
    }

    @Test(arguments: ["/", "/nowhere", "/v1", "/v1/requests/", "/v1/requests/a/b", "/livez/", "//livez", "*"])
    func knowsNoOthers(_ path: String) async throws {
        try await withGateway { gateway in
            let answer = try await gateway.send(path == "*" ? "OPTIONS" : "GET", path)
            #expect(answer.status == 404 && answer.problem == "not-found")
        }
    }

    @Test func hidesTheRequestsOfOthers() async throws {
        try await withGateway { gateway in
            let location = try #require(try await gateway.send()["location"])
            #expect(try await gateway.send("GET", location).status == 200)
            let head = try await gateway.send("HEAD", location)
            #expect(head.status == 200 && head.body.isEmpty)
            let refused = try await gateway.send("GET", location, key: gateway.otherKey)
            let unknown = try await gateway.send("GET", "/v1/requests/\(RequestID.new())")
            let malformed = try await gateway.send("GET", "/v1/requests/x%00")
            for answer in [refused, unknown, malformed] {
                #expect(answer.status == 404 && answer.problem == "not-found" && answer.text == refused.text)
            }
            let connection = try await gateway.connect()
            try await connection.send(gateway.head("GET", location, []))
            #expect(try await connection.answer().status == 401)
        }
    }

    @Test func showsDeliveriesAndAttempts() async throws {
        try await withGateway { gateway in
            let answer = try await gateway.send("PUT", "/in/hook/a?b=c", ["A: 1", "B: x", "A: 2"], body: [1, 2, 3])
            let deliveries = DeliveryStore(gateway.client)
            try await attempt(deliveries, gateway) { outcome in
                outcome = Outcome(.retry, .serverError, latency: .microseconds(1_500))
                (outcome.retryIn, outcome.status, outcome.error) = (.zero, 500, "HTTP 500")
                (outcome.responseHead, outcome.responseBody) = ("Server: s\nX: 1\nX: 2\n", [0xff])
            }
            try await attempt(deliveries, gateway) { outcome in
                outcome = Outcome(.delivered, .delivered)
                (outcome.status, outcome.responseBody) = (200, Array("ja \"ü\"".utf8))
            }
            let record = try await gateway.send("GET", answer["location"] ?? "").json
            #expect(record["id"] as? String == answer.id && record["method"] as? String == "PUT")
            #expect(
                record["path"] as? String == "/a" && record["query"] as? String == "b=c" && record["bytes"] as? Int == 3
            )
            let headers = try #require(record["headers"] as? [String: Any])
            #expect(headers["A"] as? [String] == ["1", "2"] && headers["B"] as? String == "x")
            let delivery = try #require((record["deliveries"] as? [[String: Any]])?.first)
            #expect(delivery["destination"] as? String == "hook" && delivery["state"] as? String == "delivered")
            let attempts = try #require(delivery["attempts"] as? [[String: Any]])
            #expect(attempts.map { $0["status"] as? Int } == [500, 200])
            #expect(attempts[0]["class"] as? String == "server_error" && attempts[0]["latency_us"] as? Int == 1_500)
            #expect(
                attempts[0]["response_body_base64"] as? String == "/w=="
                    && attempts[0]["error"] as? String == "HTTP 500")
            #expect((attempts[0]["response_headers"] as? [String: Any])?["X"] as? [String] == ["1", "2"])
            #expect(attempts[1]["response_body"] as? String == "ja \"ü\"")
            let finished = try #require(attempts[1]["finished_at"] as? String)
            #expect(Timestamp(rfc3339: finished) != nil && finished.hasSuffix("Z"))
        }
    }

    private func attempt(
        _ deliveries: DeliveryStore, _ gateway: Gateway, _ adjust: (inout Outcome) -> Void
    ) async throws {
        var claimed: [Delivery] = []
        try await eventually {
            try await deliveries.arm([gateway.destination.lane])
            claimed = try await deliveries.claim(
                shard: gateway.destination.lane.shard, worker: .new(), limits: .init()
            ).deliveries
            return !claimed.isEmpty
        }
        var outcome = Outcome(.delivered, .delivered)
        adjust(&outcome)
        let counted = try await deliveries.report(claimed.map { Report($0, outcome) }, within: .seconds(10))
        #expect(counted == [true])
    }
}
