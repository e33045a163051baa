import Tenants
import TestSupport
import Testing

@testable import API

@Suite struct EventTests {
    private static let binary = ["ce-specversion: 1.0", "ce-id: 1", "ce-source: /s", "ce-type: order.made"]
    private static let structured =
        #"{"specversion": "1.0", "id": "2", "source": "/s", "type": "order.made", "data": 1}"#

    private func withRoute(
        _ configuration: APIConfiguration = APIConfiguration(), _ body: (Gateway) async throws -> Void
    ) async throws {
        try await withGateway(configuration) { gateway in
            let route =
                #"{"name": "r", "topic": "order.*", "destination": "hook", "filters": [{"field": "event.source", "prefix": "/"}]}"#
            #expect(try await gateway.call("POST", "/v1/routes", route).status == 201)
            try await gateway.snapshots.load()
            try await body(gateway)
        }
    }

    @Test func binaryAndStructuredAreStoredAsTheyCame() async throws {
        try await withRoute { gateway in
            let binary = try await gateway.call(
                "POST", "/v1/events", "\u{0}\u{1}", Self.binary + ["Content-Type: image/x", "ce-subject: %E2%82%AC"])
            #expect(binary.status == 202, "\(binary.text)")
            let first = try #require(try await gateway.stored(binary.id))
            #expect(first.body == [0, 1] && first.method == "POST" && first.path.isEmpty)
            #expect(
                first.headers.contains("ce-subject: %E2%82%AC\n") && first.headers.hasSuffix("Content-Type: image/x\n"))
            let type = "application/cloudevents+json; charset=utf-8"
            let structured = try await gateway.call("POST", "/v1/events", Self.structured, ["Content-Type: \(type)"])
            #expect(structured.status == 202, "\(structured.text)")
            let second = try #require(try await gateway.stored(structured.id))
            #expect(second.body == Array(Self.structured.utf8) && second.headers == "Content-Type: \(type)\n")
            let shown = try await gateway.call("GET", "/v1/requests/\(structured.id)")
            #expect(shown.json["topic"] as? String == "order.made" && shown.text.contains(#""destination":"hook""#))
        }
    }

    @Test func sourceAndIdAreTheIdempotencyKey() async throws {
        try await withRoute { gateway in
            func send(_ id: String, _ source: String, _ body: String = "a") async throws -> Answer {
                try await gateway.call(
                    "POST", "/v1/events", body,
                    ["ce-specversion: 1.0", "ce-type: t", "ce-id: \(id)", "ce-source: \(source)"])
            }
            let first = try await send("1", "/s")
            let again = try await send("1", "/s")
            #expect(again.id == first.id && again["idempotency-replayed"] == "true")
            #expect(try await send("1", "/s", "b").problem == "idempotency-key-reused")
            #expect(try await send("1", "/t").id != first.id)
            #expect(try await send("2", "/s").id != first.id)
            let other = try await gateway.send(
                "POST", "/v1/events", key: gateway.otherKey,
                ["ce-specversion: 1.0", "ce-type: t", "ce-id: 1", "ce-source: /s"], body: Array("a".utf8))
            #expect(other.status == 202 && other.id != first.id && other["idempotency-replayed"] == nil)
        }
    }

    @Test func oneBadEventOfABatchDisturbsNothingElse() async throws {
        try await withRoute { gateway in
            func batch(_ items: [String]) async throws -> Answer {
                try await gateway.call(
                    "POST", "/v1/events", "[\(items.joined(separator: ","))]",
                    ["Content-Type: application/cloudevents-batch+json"])
            }
            let good = Self.structured
            let mixed = try await batch([good, #"{"specversion": "1.0"}"#, "1", good.replacing("\"2\"", with: "\"3\"")])
            #expect(
                mixed.status == 207 && mixed.results.map { $0["status"] as? Int } == [202, 422, 422, 202],
                "\(mixed.text)")
            let all = try await batch([good, good.replacing("\"2\"", with: "\"4\"")])
            #expect(all.status == 202 && all.results.first?["replayed"] as? Bool == true)
            let id = try #require(all.results.last?["id"] as? String)
            #expect(try await gateway.stored(id)?.headers == "Content-Type: application/cloudevents+json\n")
            #expect(try await batch([]).text == #"{"results":[]}"#)
            #expect(try await batch(Array(repeating: good, count: 1_001)).status == 413)
            #expect(try await gateway.count() == 3)
        }
    }

    @Test func whatIsNoEventIsRefused() async throws {
        try await withRoute(.with { $0.bodyLimit = 1_000 }) { gateway in
            let json = ["Content-Type: application/cloudevents+json"]
            for (headers, body, status, problem) in [
                ([], "{}", 415, "unsupported-media-type"),
                (["Content-Type: application/json"], "{}", 415, "unsupported-media-type"),
                (["Content-Type: application/cloudevents+avro"] + Self.binary, "", 415, "unsupported-media-type"),
                (["ce-specversion: 0.3"] + Self.binary.dropFirst(), "", 422, "invalid-event"),
                (Array(Self.binary.dropLast()), "", 422, "invalid-event"),
                (Self.binary + ["CE-ID: 1"], "", 422, "invalid-event"),
                (json, "{", 400, "invalid-json"), (json, "[]", 422, "invalid-event"),
                (json, #"{"a": "# + String(repeating: "[", count: 900), 422, "invalid-event"),
                (json, #"{"data": "# + String(repeating: "[", count: 900), 400, "invalid-json"),
                (json, String(repeating: " ", count: 1_001), 413, "payload-too-large"),
                (Self.binary, String(repeating: " ", count: 1_001), 413, "payload-too-large"),
                (["Content-Type: application/cloudevents-batch+json"], "{}", 400, "invalid-json"),
            ] as [([String], String, Int, String)] {
                let answer = try await gateway.call("POST", "/v1/events", body, headers)
                #expect(
                    answer.status == status && answer.problem == problem, "\(headers) \(body.prefix(40)) \(answer.text)"
                )
            }
            #expect(try await gateway.count() == 0)
        }
    }

    @Test func injectionStringsAreData() async throws {
        try await withRoute { gateway in
            let words = "'; DROP TABLE sluice.request; -- \\\" ${x} {1,2}"
            let escaped = words.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            let event =
                #"{"specversion": "1.0", "id": "\#(escaped)", "source": "/s", "type": "order.made", "subject": "\#(escaped)"}"#
            let answer = try await gateway.call(
                "POST", "/v1/events", event, ["Content-Type: application/cloudevents+json"])
            #expect(answer.status == 202, "\(answer.text)")
            #expect(try await gateway.stored(answer.id)?.body == Array(event.utf8))
        }
    }

    @Test func whatTheTenantMaySendHoldsForEvents() async throws {
        try await withRoute { gateway in
            let quotas = #"{"quotas": {"ingest_rate": 0.001, "ingest_burst": 1}}"#
            #expect(try await gateway.administer("PATCH", "tenants/a", quotas).status == 200)
            try await gateway.snapshots.load()
            let first = try await gateway.call("POST", "/v1/events", "", Self.binary)
            #expect(first.status == 202 && first["ratelimit"] != nil)
            #expect(try await gateway.call("POST", "/v1/events", "", Self.binary).status == 429)
            let reader = try await gateway.key(Scopes(.read))
            #expect(try await gateway.send("POST", "/v1/events", key: reader, Self.binary).status == 403)
        }
    }
}
