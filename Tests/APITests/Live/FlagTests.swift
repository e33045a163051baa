import Model
import Postgres
import Tenants
import TestSupport
import Testing

@testable import API

@Suite struct FlagTests {
    private static let flags = Gateway.flags

    @Test func aFlagIsMadeShownChangedKilledRevertedAndArchived() async throws {
        try await withGateway { gateway in
            let made = try await gateway.call(
                "POST", Self.flags,
                #"{"key": "f", "definition": \#(Gateway.onOff), "owner": "team a", "tags": ["t"], "reason": "first"}"#)
            #expect(made.status == 201 && made["etag"] == "\"1\"" && made["location"] == "\(Self.flags)/f")
            #expect(made.json["type"] as? String == "boolean" && made.json["owner"] as? String == "team a")
            let twice = try await gateway.call("POST", Self.flags, #"{"key": "f", "definition": \#(Gateway.onOff)}"#)
            #expect(twice.status == 409 && twice.problem == "name-taken")
            #expect(try await gateway.call("PUT", "\(Self.flags)/f", made.text).status == 428)
            let put = try await gateway.call("PUT", "\(Self.flags)/f", made.text, ["If-Match: \"1\""])
            #expect(put.status == 200 && put["etag"] == "\"2\"")
            #expect(try await gateway.call("PUT", "\(Self.flags)/f", made.text, ["If-Match: \"1\""]).status == 412)
            let patched = try await gateway.call(
                "PATCH", "\(Self.flags)/f",
                #"{"definition": {"defaultVariant": "on"}, "client_visible": true, "owner": null}"#)
            #expect(patched.status == 200 && patched.text.contains(#""defaultVariant":"on""#))
            #expect(patched.json["client_visible"] as? Bool == true && patched.json["owner"] as? String == nil)
            for _ in 0..<2 {
                let killed = try await gateway.call("POST", "\(Self.flags)/f/kill", #"{"reason": "it burns"}"#)
                #expect(killed.status == 200 && killed["etag"] == "\"4\"" && killed.text.contains("DISABLED"))
            }
            #expect(try await gateway.call("POST", "\(Self.flags)/f/kill", #"{"variant": "x"}"#).status == 404)
            let reverted = try await gateway.call("POST", "\(Self.flags)/f/revert", #"{"version": 1}"#)
            #expect(reverted.status == 200 && reverted["etag"] == "\"5\"" && reverted.text.contains("team a"))
            let archived = try await gateway.call("DELETE", "\(Self.flags)/f?reason=done", "", ["If-Match: \"5\""])
            #expect(archived.status == 204)
            #expect(try await gateway.call("DELETE", "\(Self.flags)/f").status == 404)
            #expect(try await gateway.call("GET", "\(Self.flags)/f").json["archived_at"] is String)
            #expect(
                try await gateway.call("PUT", "\(Self.flags)/f", made.text, ["If-None-Match: *"]).status == 201)
            let revisions = try await gateway.call("GET", "\(Self.flags)/f/revisions")
            let list = revisions.json["revisions"] as? [[String: Any]] ?? []
            #expect(
                list.map { $0["source"] as? String } == ["edit", "archive", "revert", "kill", "edit", "edit", "edit"])
            #expect(list.last?["reason"] as? String == "first" && list[3]["reason"] as? String == "it burns")
            #expect((list.last?["actor"] as? String)?.hasPrefix("key ") == true)
            let page = try await gateway.call("GET", "/v1/environments/production/revisions?limit=2")
            let next = try #require(page.json["next"] as? Int)
            let rest = try await gateway.call("GET", "/v1/environments/production/revisions?before=\(next)")
            #expect((rest.json["revisions"] as? [Any])?.count == 5)
        }
    }

    @Test func whatIsWrongIsToldByMember() async throws {
        try await withGateway { gateway in
            for (json, words) in [
                (#"{"definition": {}}"#, "key is missing"),
                (#"{"key": "f"}"#, "definition is missing"),
                (#"{"key": "a/b", "definition": {}}"#, "key must be"),
                (#"{"key": "f\u212a", "definition": {}}"#, "key must be"),
                (#"{"key": "f", "definition": []}"#, "definition must be an object"),
                (#"{"key": "f", "definition": {"state": "ON", "variants": {"a": 1}}}"#, "definition/state"),
                (#"{"key": "f", "definition": {"state": "ENABLED", "variants": {}}}"#, "definition/variants"),
                (
                    #"{"key": "f", "definition": {"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "b"}}"#,
                    "definition/defaultVariant"
                ),
                (#"{"key": "f", "definition": {"state": "ENABLED", "variants": {"a": 1e999}}}"#, "double"),
                (#"{"key": "f", "definition": {}, "colour": "red"}"#, "colour is unknown"),
                (#"{"key": "f", "definition": \#(Gateway.onOff), "tags": [1]}"#, "tags[0]"),
                (
                    #"{"key": "f", "definition": {"state": "ENABLED", "variants": {"a": 1}, "targeting": "#
                        + String(repeating: #"{"!":"#, count: 40) + "1" + String(repeating: "}", count: 40) + "}}",
                    "levels"
                ),
            ] {
                let answer = try await gateway.call("POST", Self.flags, json)
                #expect(answer.problem == "invalid-flag" && answer.text.contains(words), "\(answer.text)")
            }
            for json in [
                "{", #"{"key": "f", "key": "f"}"#,
                #"{"key": "f", "definition": "# + String(repeating: "[", count: 100_000),
            ] {
                #expect(try await gateway.call("POST", Self.flags, json).problem == "invalid-json")
            }
            let large =
                #"{"key": "f", "definition": {"state": "ENABLED", "variants": {"a": "\#(String(repeating: "x", count: 66_000))"}}}"#
            #expect(try await gateway.call("POST", Self.flags, large).text.contains("65536"))
            let huge = try await gateway.call("POST", Self.flags, String(repeating: " ", count: 300_000))
            #expect(huge.problem == "payload-too-large")
            #expect(try await gateway.call("GET", Self.flags).status == 404)
            for target in ["\(Self.flags)/a%2Fb", "/v1/environments/A/flags", "/v1/environments/x"] {
                #expect(try await gateway.call("GET", target).status == 404)
            }
        }
    }

    /// Taken with a warning, as flagd does, and refused where a strict document is asked for.
    @Test func whatFlagdWouldTakeIsTold() async throws {
        try await withGateway { gateway in
            let odd = #"{"state": "ENABLED", "variants": {"a": 1}, "targeting": {"nonsense": [1]}}"#
            let answer = try await gateway.call("POST", Self.flags, #"{"key": "f", "definition": \#(odd)}"#)
            let warnings = answer.json["warnings"] as? [[String: String]] ?? []
            #expect(answer.status == 201 && warnings.contains { $0["field"] == "definition/targeting/nonsense" })
            let document = #"{"flags": {"g": \#(odd)}}"#
            let target = "/v1/environments/production/document"
            let strict = try await gateway.call("PUT", target + "?validation=strict", document)
            #expect(strict.problem == "invalid-flag" && strict.text.contains("/flags/g/targeting/nonsense"))
            let loaded = try await gateway.call("PUT", target, document)
            #expect(loaded.status == 200 && loaded.json["created"] as? Int == 1)
            #expect(try await gateway.call("PUT", target, document, ["If-Match: \"1\""]).status == 412)
            let exported = try await gateway.call("GET", target)
            #expect(exported.text.contains(#""g":{"#) && exported["etag"] == "\"2\"")
            #expect(try await gateway.call("PUT", target + "?prune=maybe", document).status == 400)
            for json in ["{", #"{"flags": 1}"#, "[]", #"{"flags": {"a b": {}}}"#] {
                #expect(try await gateway.call("PUT", target, json).problem == "invalid-flag", "\(json)")
            }
        }
    }

    @Test func anEnvironmentIsMadeAndChanged() async throws {
        try await withGateway { gateway in
            let made = try await gateway.call(
                "PUT", "/v1/environments/staging", #"{"bucketing": 2, "metadata": {"team": "a"}}"#)
            #expect(made.status == 201 && made.json["bucketing"] as? Int == 2 && made["etag"] == "\"1\"")
            let fixed = try await gateway.call(
                "PUT", "/v1/environments/staging", #"{"bucketing": 3}"#, ["If-Match: \"1\""])
            #expect(fixed.problem == "bucketing-fixed")
            let changed = try await gateway.call(
                "PUT", "/v1/environments/staging", #"{"evaluators": {"paid": {"var": "paid"}}}"#, ["If-Match: *"])
            #expect(changed.status == 200 && changed.json["bucketing"] as? Int == 2)
            #expect(try await gateway.call("PUT", "/v1/environments/staging", "{}").status == 428)
            let list = try await gateway.call("GET", "/v1/environments")
            #expect(list.text.contains(#""name":"staging""#))
            let usage = try await gateway.call("GET", "/v1/environments/staging/usage?days=7&stale=true")
            #expect((usage.json["flags"] as? [Any])?.isEmpty == true)
        }
    }

    /// More in one version than a page has rows: they come all the same.
    @Test func anImportsRevisionsStayTogether() async throws {
        try await withGateway { gateway in
            try await gateway.putFlag("first")
            let flags = (0..<7).map { "\"f\($0)\": \(Gateway.onOff)" }.joined(separator: ", ")
            let target = "/v1/environments/production"
            let loaded = try await gateway.call("PUT", target + "/document", #"{"flags": {\#(flags)}}"#)
            #expect(loaded.json["created"] as? Int == 7)
            let page = try await gateway.call("GET", target + "/revisions?limit=2")
            #expect((page.json["revisions"] as? [Any])?.count == 7 && page.json["next"] as? Int == 2)
            let rest = try await gateway.call("GET", target + "/revisions?limit=2&before=2")
            #expect((rest.json["revisions"] as? [Any])?.count == 1 && rest.json["next"] is Int == false)
            let fresh = try await gateway.call(
                "PUT", "/v1/environments/fresh/document", #"{"flags": {}}"#, ["If-None-Match: *"])
            #expect(fresh.status == 200)
        }
    }

    @Test func boundsOfSettingsHoldAtTheirEdges() async throws {
        try await withGateway { (gateway: Gateway) async throws in
            func status(_ member: String) async throws -> Int {
                try await gateway.call(
                    "PUT", "\(Self.flags)/f", #"{"definition": \#(Gateway.onOff), \#(member)}"#,
                    [
                        try await gateway.call("GET", "\(Self.flags)/f").status == 404
                            ? "If-None-Match: *" : "If-Match: *"
                    ]
                ).status
            }
            func text(_ count: Int) -> String { String(repeating: "x", count: count) }
            for (name, limit) in [("owner", 200), ("reason", 1_000)] {
                #expect(try await status(#""\#(name)": "\#(text(limit))""#) / 100 == 2)
                #expect(try await status(#""\#(name)": "\#(text(limit + 1))""#) == 422)
            }
            for (count, accepted) in [(20, true), (21, false)] {
                let tags = Array(repeating: #""t""#, count: count).joined(separator: ",")
                #expect(try await status(#""tags": [\#(tags)]"#) / 100 == (accepted ? 2 : 4))
            }
        }
    }

    @Test func concurrentEditsWithOneTagLetOneThrough() async throws {
        try await withGateway { gateway in
            try await gateway.putFlag("f")
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try await gateway.call(
                            "PATCH", "\(Self.flags)/f", #"{"owner": "\#(number)"}"#, ["If-Match: \"1\""]
                        ).status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.sorted() == [200] + Array(repeating: 412, count: 7))
        }
    }
}
