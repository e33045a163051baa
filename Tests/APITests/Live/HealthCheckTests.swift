import Testing

@testable import API

@Suite struct HealthCheckTests {
    private static let path = "/v1/destinations/hook/health-checks"

    private func send(_ gateway: Gateway, _ method: String, _ path: String = path, _ body: String = "") async throws
        -> Answer
    {
        try await gateway.send(method, path, ["Content-Type: application/json"], body: Array(body.utf8))
    }

    @Test func aCheckIsMadeSeenChangedAndRemoved() async throws {
        try await withGateway { gateway in
            let made = try await send(
                gateway, "POST", Self.path,
                #"{"kind": "http", "target": "http://127.0.0.1:9/health", "statuses": [200, 204], "headers": {"A": "1"}, "settings": {"rise": 3}}"#
            )
            #expect(made.status == 201)
            let location = try #require(made["location"])
            #expect(location == Self.path + "/" + made.id)
            let seen = try await send(gateway, "GET", location)
            #expect(seen.status == 200 && seen.json["health"] as? String == "unknown")
            #expect(seen.json["statuses"] as? [Int] == [200, 204])
            #expect(seen.json["headers"] as? [String: String] == ["A": "1"])
            #expect((seen.json["settings"] as? [String: Any])?["rise"] as? Int == 3)

            let changed = try await send(
                gateway, "PUT", location, #"{"kind": "tcp", "target": "127.0.0.1:9", "policy": "advisory"}"#)
            #expect(changed.status == 200 && changed.json["kind"] as? String == "tcp" && changed.id == made.id)
            let list = try await send(gateway, "GET")
            #expect((list.json["health_checks"] as? [[String: Any]])?.map { $0["id"] as? String } == [made.id])

            #expect(try await send(gateway, "DELETE", location).status == 204)
            for method in ["GET", "DELETE"] {
                #expect(try await send(gateway, method, location).problem == "not-found")
            }
        }
    }

    @Test func anotherTenantHasNoSuchCheck() async throws {
        try await withGateway { gateway in
            let made = try await send(gateway, "POST", Self.path, #"{"kind": "tcp", "target": "127.0.0.1:9"}"#)
            let location = try #require(made["location"])
            for method in ["GET", "DELETE"] {
                #expect(try await gateway.send(method, location, key: gateway.otherKey).status == 404)
            }
            #expect(try await send(gateway, "GET", location).status == 200)
        }
    }

    @Test(arguments: [
        "[]", "{}", #"{"kind": "http"}"#, #"{"kind": "icmp", "target": "x"}"#,
        #"{"kind": "http", "target": "ftp://x"}"#,
        #"{"kind": "tcp", "target": "127.0.0.1"}"#, #"{"kind": "tcp", "target": "127.0.0.1:9", "timeout_ms": 5}"#,
        #"{"kind": "tcp", "target": "127.0.0.1:9", "settings": {"rise": 0}}"#,
        #"{"kind": "tcp", "target": "127.0.0.1:9", "settings": {"rises": 1}}"#,
        #"{"kind": "http", "target": "http://x", "statuses": [99]}"#,
        #"{"kind": "http", "target": "http://x", "headers": {"a b": "c"}}"#,
        #"{"kind": "http", "target": "http://x", "headers": {"a": "c\r\nd: e"}}"#,
        #"{"kind": "http", "target": "http://x", "method": "GET /"}"#,
        #"{"kind": "http", "target": "http://x", "shared_key": "k"}"#,
        #"{"kind": "http", "target": "http://x\u0000"}"#,
        #"{"kind": "http", "target": "http://x", "target": "http://y"}"#,
    ])
    func aBadCheckIsRefused(_ body: String) async throws {
        try await withGateway { gateway in
            let answer = try await send(gateway, "POST", Self.path, body)
            #expect(answer.status == 400 && answer.problem == "invalid-request", "\(answer.text)")
            #expect(try await send(gateway, "GET").text == #"{"health_checks":[]}"#)
        }
    }

    @Test func theNinthIsRefused() async throws {
        try await withGateway { gateway in
            for number in 1...9 {
                let made = try await send(
                    gateway, "POST", Self.path, #"{"kind": "tcp", "target": "127.0.0.1:\#(number)"}"#)
                #expect(made.status == (number == 9 ? 400 : 201))
                if number == 9 { #expect(made.text.contains("checks are at most 8")) }
            }
        }
    }

    @Test func policiesAreLaidOverEachOther() async throws {
        try await withGateway { gateway in
            let one = "/v1/destinations/hook/circuit/policy"
            #expect(try await send(gateway, "PUT", "/v1/circuit-policy", #"{"consecutive": 3}"#).status == 200)
            let laid = try await send(gateway, "PUT", one, #"{"wait_cap_s": 60, "wait_base_s": 2.5}"#)
            let inForce = try #require(laid.json["in_force"] as? [String: Any])
            #expect(inForce["consecutive"] as? Int == 3 && inForce["wait_base_s"] as? Double == 2.5)
            #expect((laid.json["overrides"] as? [String: Any])?.count == 2)
            let other = try await gateway.send("GET", "/v1/circuit-policy", key: gateway.otherKey)
            #expect((other.json["overrides"] as? [String: Any])?.isEmpty == true)
            for bad in [#"{"wait_cap_s": 0}"#, #"{"wait": 1}"#, #"{"wait_cap_s": "1"}"#, "[]", #"{"window_s": 61}"#] {
                #expect(try await send(gateway, "PUT", one, bad).problem == "invalid-request", "\(bad)")
            }
            #expect(try await send(gateway, "GET", one).text == laid.text)
        }
    }
}
