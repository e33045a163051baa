import Model
import Requests
import TestSupport
import Testing

@testable import API

@Suite struct RequestListTests {
    private func ids(_ answer: Answer) -> [String] {
        (answer.json["requests"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
    }

    @Test func pagesMeetEachOther() async throws {
        try await withGateway { gateway in
            var stored: [String] = []
            for _ in 0..<5 { stored.append(try await gateway.send("POST", "/in/hook/a?b=c", body: [1, 2]).id) }
            let first = try await gateway.send("GET", "/v1/requests?limit=2")
            let next = try #require(first.json["next"] as? String)
            let second = try await gateway.send("GET", "/v1/requests?cursor=\(next)")
            #expect(ids(first) + ids(second) == stored.reversed())
            #expect(second.text.contains(#""next":null"#))
            let summary = try #require((first.json["requests"] as? [[String: Any]])?.first)
            #expect(summary["path"] as? String == "/a" && summary["query"] as? String == "b=c")
            #expect(summary["bytes"] as? Int == 2)
            let delivery = try #require((summary["deliveries"] as? [[String: Any]])?.first)
            #expect(delivery["state"] as? String == "waiting" && delivery["destination"] as? String == "hook")
            #expect(try await gateway.send("HEAD", "/v1/requests").body.isEmpty)
        }
    }

    @Test func filters() async throws {
        try await withGateway { gateway in
            let id = try await gateway.send().id
            for query in [
                "state=waiting", "state=dead,waiting", "destination=hook", "status=none",
                "received_from=2020-01-01T00:00:00Z",
                "received_before=2099-01-01T00%3A00%3A00%2B01:00",
            ] {
                #expect(ids(try await gateway.send("GET", "/v1/requests?" + query)) == [id], "\(query)")
            }
            for query in [
                "state=dead", "status=2xx", "class=timeout", "topic=x", "received_before=2020-01-01T00:00:00Z",
                "received_from=2099-01-01T00:00:00Z", "topic='%3B%20DROP%20TABLE%20sluice.request--",
            ] {
                #expect(ids(try await gateway.send("GET", "/v1/requests?" + query)).isEmpty, "\(query)")
            }
        }
    }

    @Test func refusesWhatIsNotValid() async throws {
        try await withGateway { gateway in
            for query in [
                "limit=0", "limit=101", "limit=x", "limit=-1", "limit=", "state=", "state=sleeping", "state=dead,,held",
                "status=200", "status=6xx", "status=", "class=x", "received_from=yesterday", "received_before=1", "x=1",
                "limit=1&limit=2", "cursor=", "cursor=AAAA", "cursor=%00",
                "cursor=\(String(repeating: "A", count: 9_000))",
                "state=%ff", "destination=%",
            ] {
                let answer = try await gateway.send("GET", "/v1/requests?" + query)
                #expect(
                    answer.status == 400 && answer.problem == "invalid-request", "\(query.prefix(40)): \(answer.status)"
                )
            }
            let unknown = try await gateway.send("GET", "/v1/requests?destination=nix")
            #expect(unknown.status == 404 && unknown.problem == "unknown-destination")
        }
    }

    /// A cursor is of its list, its filters and its tenant.
    @Test func refusesCursorsOfOthers() async throws {
        try await withGateway { gateway in
            for _ in 0..<3 { _ = try await gateway.send() }
            let page = try await gateway.send("GET", "/v1/requests?limit=1&state=waiting")
            let next = try #require(page.json["next"] as? String)
            #expect(try await gateway.send("GET", "/v1/requests?cursor=\(next)&state=waiting&limit=9").status == 200)
            var forged = Array(next.utf8)
            forged[4] = forged[4] == 0x41 ? 0x42 : 0x41
            for target in [
                "/v1/requests?cursor=\(next)", "/v1/requests?state=dead&cursor=\(next)",
                "/v1/requests?state=waiting&cursor=\(next)A", "/v1/replays?cursor=\(next)",
                "/v1/dead-letters?cursor=\(next)",
                "/v1/requests?state=waiting&cursor=\(String(decoding: forged, as: UTF8.self))",
            ] {
                #expect(try await gateway.send("GET", target).status == 400, "\(target)")
            }
            let other = try await gateway.send(
                "GET", "/v1/requests?state=waiting&cursor=\(next)", key: gateway.otherKey)
            #expect(other.status == 400)
            #expect(ids(try await gateway.send("GET", "/v1/requests", key: gateway.otherKey)).isEmpty)
        }
    }
}
