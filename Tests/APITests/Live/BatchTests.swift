import TestSupport
import Testing

@testable import API

@Suite struct BatchTests {
    private let good = #"{"destination":"hook","body":{"a":1}}"#

    @Test func storesOneEnvelope() async throws {
        try await withGateway { gateway in
            let answer = try await gateway.post(
                #" {"destination":"hook","method":"PUT","path":"/a","query":"b","headers":{"A":["1","2"]},"body": [1, 2.50 ]} "#
            )
            #expect(answer.status == 202 && answer["location"] == "/v1/requests/\(answer.id)")
            let stored = try #require(try await gateway.stored(answer.id))
            #expect(
                stored
                    == .init(
                        method: "PUT", path: "/a", query: "b", headers: "A: 1\nA: 2\nContent-Type: application/json\n",
                        body: Array("[1, 2.50 ]".utf8)))
        }
    }

    @Test func refusesOneEnvelope() async throws {
        try await withGateway { gateway in
            for (body, status, problem) in [
                ("", 422, "invalid-envelope"), ("{", 400, "invalid-json"), ("1", 422, "invalid-envelope"),
                (good + "x", 400, "invalid-json"), (#"{"destination":"x","body":1}"#, 404, "unknown-destination"),
                (#"{"destination":"hook","body":1,"topic":"t"}"#, 422, "invalid-envelope"),
                (#"{"destination":"hook","body":1,"deliver_at":"x"}"#, 422, "invalid-envelope"),
                (#"{"destination":"hook","body":"# + String(repeating: "[", count: 100_000), 400, "invalid-json"),
                (
                    #"{"destination":"hook","body_text":""# + String(repeating: "x", count: 1 << 20) + #"y"}"#, 413,
                    "payload-too-large"
                ),
            ] {
                let answer = try await gateway.post(body)
                #expect(answer.status == status && answer.problem == problem)
            }
            #expect(try await gateway.post("text/plain", good).problem == "unsupported-media-type")
            #expect(try await gateway.count() == 0)
        }
    }

    @Test func refusesWhatIsNotUTF8() async throws {
        try await withGateway { gateway in
            let body = Array(#"{"destination":"hook","body_text":"?"}"#.utf8).map {
                $0 == UInt8(ascii: "?") ? 0xff : $0
            }
            let answer = try await gateway.send("POST", "/v1/requests", ["Content-Type: application/json"], body: body)
            #expect(answer.status == 400 && answer.problem == "invalid-json")
        }
    }

    @Test(arguments: [("application/json", true), ("application/x-ndjson", false)])
    func oneBadItemDisturbsNothingElse(_ type: String, _ isArray: Bool) async throws {
        try await withGateway { gateway in
            let items = [good, #"{"destination":"hook"}"#, #"{"destination":"x","body":1}"#, good]
            let body = isArray ? "[\(items.joined(separator: ","))]" : items.joined(separator: "\n") + "\n"
            let answer = try await gateway.post(type + "; charset=utf-8", body)
            #expect(answer.status == 207 && answer["content-type"] == "application/json")
            #expect(answer.results.map { $0["status"] as? Int } == [202, 422, 404, 202])
            #expect(answer.results[1]["type"] as? String == "/problems/invalid-envelope")
            #expect(answer.results[2]["type"] as? String == "/problems/unknown-destination")
            let id = try #require(answer.results[3]["id"] as? String)
            #expect(answer.results[3]["location"] as? String == "/v1/requests/\(id)")
            #expect(try await gateway.stored(id)?.body == Array(#"{"a":1}"#.utf8))
            #expect(try await gateway.count() == 2)
        }
    }

    @Test func oneLineThatIsNotJSONDisturbsNothingElse() async throws {
        try await withGateway { gateway in
            var body = Array("\(good)\n{\n?\n\(good)".utf8)
            if let mark = body.firstIndex(of: UInt8(ascii: "?")) { body[mark] = 0xff }
            let answer = try await gateway.send(
                "POST", "/v1/requests", ["Content-Type: application/x-ndjson"], body: body)
            #expect(answer.results.map { $0["status"] as? Int } == [202, 400, 400, 202])
            #expect(try await gateway.post("[\(good),{]").problem == "invalid-json")
            #expect(try await gateway.count() == 2)
        }
    }

    @Test func boundsItems() async throws {
        try await withGateway { gateway in
            let lines = [String](repeating: good, count: 1_000).joined(separator: "\n")
            let full = try await gateway.post("application/x-ndjson", lines)
            #expect(full.status == 202 && full.results.count == 1_000)
            #expect(Set(full.results.compactMap { $0["id"] as? String }).count == 1_000)
            #expect(try await gateway.count() == 1_000)
            #expect(try await gateway.post("application/x-ndjson", lines + "\n" + good).problem == "payload-too-large")
            #expect(try await gateway.post("application/x-ndjson", "\n \n").problem == "invalid-request")
            #expect(try await gateway.post("[]").problem == "invalid-request")
            #expect(try await gateway.count() == 1_000)
        }
    }

    @Test func knowsKeysWithinAndBetweenBatches() async throws {
        try await withGateway { gateway in
            func keyed(_ body: Int) -> String { #"{"destination":"hook","body":\#(body),"idempotency_key":"k"}"# }
            let first = try await gateway.post("[\(keyed(1)),\(keyed(1)),\(keyed(2)),\(good)]")
            #expect(first.results.map { $0["status"] as? Int } == [202, 202, 422, 202])
            #expect(first.results[1]["replayed"] as? Bool == true)
            #expect(first.results[1]["id"] as? String == first.results[0]["id"] as? String)
            #expect(first.results[2]["type"] as? String == "/problems/idempotency-key-reused")
            let again = try await gateway.post(keyed(1))
            #expect(again["idempotency-replayed"] == "true" && again.id == first.results[0]["id"] as? String)
            #expect(try await gateway.count() == 2)
        }
    }
}
