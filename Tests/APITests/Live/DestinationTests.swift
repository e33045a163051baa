import Foundation
import Postgres
import Tenants
import TestSupport
import Testing

@testable import API

@Suite struct DestinationTests {
    private static let document =
        #"{"base_url": "https://example.org/hooks", "auth": {"type": "bearer", "token": "sesame"}}"#

    @Test func aDestinationIsMadeShownChangedAndDeleted() async throws {
        try await withGateway { gateway in
            let made = try await call(gateway, "POST", "", #"{"name": "new", "base_url": "https://example.org"}"#)
            #expect(made.status == 201 && made["location"] == "/v1/destinations/new")
            #expect(made["etag"] == "\"1\"")
            let twice = try await call(gateway, "POST", "", #"{"name": "new", "base_url": "https://example.org"}"#)
            #expect(twice.status == 409 && twice.text.contains("destination-exists"))

            let blind = try await call(gateway, "PUT", "/new", Self.document)
            #expect(blind.status == 428 && blind.text.contains("precondition-required"))
            let put = try await call(gateway, "PUT", "/new", Self.document, ["If-Match: \"1\""])
            #expect(put.status == 200 && put["etag"] == "\"2\"" && !put.text.contains("sesame"))
            let late = try await call(gateway, "PUT", "/new", Self.document, ["If-Match: \"1\""])
            #expect(late.status == 412)

            // As it is shown it can be sent back: the token stays.
            let shown = try await call(gateway, "GET", "/new")
            #expect(shown.status == 200 && shown.text.contains(#""token":{"set":true}"#))
            let again = try await call(gateway, "PUT", "/new", shown.text, ["If-Match: *"])
            #expect(again.status == 200, "\(again.text)")
            let patched = try await call(gateway, "PATCH", "/new", #"{"timeout_ms": 1000, "auth": {"type": "none"}}"#)
            #expect(patched.status == 200 && patched.text.contains(#""timeout_ms":1000"#))
            #expect(patched.text.contains(#""auth":{"type":"none"}"#))
            #expect(patched.text.contains("https://example.org/hooks") && patched["etag"] == "\"4\"")
            let planned = try await call(gateway, "PATCH", "/new", #"{"retry_schedule_ms": [5000]}"#)
            #expect(planned.status == 200 && !planned.text.contains("backoff"), "\(planned.text)")

            let deleted = try await call(gateway, "DELETE", "/new", "", ["If-Match: \"5\""])
            #expect(deleted.status == 202 && deleted.text == #"{"waiting":0,"waiting_is_more":false}"#)
            #expect(try await call(gateway, "GET", "/new").text.contains(#""deletion":"drain""#))
            #expect(try await call(gateway, "PATCH", "/new", "{}").status == 404)
            #expect(try await call(gateway, "POST", "/new/test").status == 404)
            // Making it again keeps it.
            let back = try await call(gateway, "PUT", "/new", Self.document)
            #expect(back.status == 201 && back.text.contains(#""deletion":"none""#))
        }
    }

    @Test func whatWaitsKeepsADestination() async throws {
        try await withGateway { gateway in
            #expect(try await gateway.send(body: Array("held".utf8)).status == 202)
            let refused = try await call(gateway, "DELETE", "/hook")
            #expect(refused.status == 409 && refused.text.contains("deliveries-waiting"))
            #expect(refused.text.contains("1 deliveries wait"))
            let drained = try await call(gateway, "DELETE", "/hook?backlog=drain")
            #expect(drained.status == 202 && drained.text.contains(#""waiting":1"#))
            // Who does not want to wait for that.
            #expect(try await call(gateway, "DELETE", "/hook?backlog=cancel").status == 202)
            #expect(try await call(gateway, "GET", "/hook").text.contains(#""deletion":"cancel""#))
            #expect(try await call(gateway, "DELETE", "/hook?backlog=burn").status == 400)
        }
    }

    @Test func everyFaultIsTold() async throws {
        try await withGateway { gateway in
            let answer = try await call(
                gateway, "PUT", "/bad", #"{"base_url": "ftp://a", "timeout_ms": 1, "colour": "red"}"#)
            #expect(answer.status == 422 && answer.text.contains("invalid-destination"))
            for field in ["base_url", "timeout_ms", "colour"] {
                #expect(answer.text.contains(#"{"field":"\#(field)","problem":"#))
            }
            #expect(try await call(gateway, "POST", "", Self.document).text.contains(#""field":"name""#))
            #expect(try await call(gateway, "PUT", "/Bad%20Name", Self.document).status == 422)
            #expect(try await call(gateway, "PUT", "/bad", #"{"base_url": "http://a", }"#).status == 400)
            #expect(try await call(gateway, "PUT", "/bad", Self.document, ["If-Match: 1"]).status == 400)
            #expect(try await call(gateway, "PUT", "/bad", Self.document, ["If-Match: \"1\""]).status == 412)
            #expect(try await call(gateway, "PUT", "/hook", Self.document, ["If-None-Match: *"]).status == 412)
            #expect(try await call(gateway, "GET", "/bad").status == 404)
        }
    }

    @Test func pagesGoByTheirCursor() async throws {
        try await withGateway { gateway in
            for name in ["a", "b", "c"] {
                #expect(try await call(gateway, "PUT", "/\(name)", Self.document).status == 201)
            }
            var names: [String] = []
            var target: String? = "?limit=2"
            while let next = target {
                let page = try await call(gateway, "GET", next)
                let object = try #require(
                    try JSONSerialization.jsonObject(with: Data(page.text.utf8)) as? [String: Any])
                names += (object["destinations"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
                target = (object["next"] as? String).map { "?limit=2&cursor=\($0)" }
            }
            #expect(names == ["a", "b", "c", "hook"])
            #expect(try await call(gateway, "GET", "?limit=0").status == 400)
            #expect(try await call(gateway, "GET", "?cursor=A%20b").status == 400)
        }
    }

    @Test func anotherTenantsAreUnknown() async throws {
        try await withGateway { gateway in
            #expect(try await call(gateway, "PUT", "/mine", Self.document).status == 201)
            for (method, path) in [
                ("GET", "/mine"), ("PATCH", "/mine"), ("DELETE", "/mine"), ("POST", "/mine/test"),
            ] {
                let other = try await gateway.send(
                    method, "/v1/destinations" + path, key: gateway.otherKey, body: Array("{}".utf8))
                let unknown = try await gateway.send(
                    method, "/v1/destinations" + path.replacing("mine", with: "none"), key: gateway.otherKey,
                    body: Array("{}".utf8))
                #expect(other.status == 404 && other.text == unknown.text.replacing("none", with: "mine"))
            }
        }
    }

    @Test func aDestinationIsTried() async throws {
        try await withGateway { gateway in
            let answer = try await call(gateway, "POST", "/hook/test")
            #expect(answer.status == 200)
            #expect(
                answer.text
                    == #"{"delivered":false,"class":"rejected","status":418,"latency_ms":5,"error":null}"#)
            #expect(gateway.tried.value.map(\.id) == [gateway.destination.id])
            #expect(try await gateway.count() == 0)
        }
    }

    private func call(
        _ gateway: Gateway, _ method: String, _ path: String, _ body: String = "", _ headers: [String] = []
    ) async throws -> Answer {
        try await gateway.send(method, "/v1/destinations" + path, headers, body: Array(body.utf8))
    }
}
