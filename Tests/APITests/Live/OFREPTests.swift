import Foundation
import HTTPTypes
import Model
import Postgres
import Tenants
import TestSupport
import Testing

@testable import API

/// OFREP as stock clients need it. One of them drives a live gateway in EndToEndTests.
@Suite struct OFREPTests {
    private static let targeted =
        #"{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off", "#
        + #""targeting": {"if": [{"==": [{"var": "plan"}, "paid"]}, "on"]}, "metadata": {"team": "a"}}"#

    @Test func oneFlagIsEvaluated() async throws {
        try await withGateway { gateway in
            try await gateway.putFlag("f", Self.targeted)
            let paid = try await gateway.evaluate("f", #"{"context": {"targetingKey": "u", "plan": "paid"}}"#)
            #expect(
                paid.status == 200 && paid["content-type"] == "application/json"
                    && paid.text
                        == #"{"key":"f","reason":"TARGETING_MATCH","variant":"on","value":true,"metadata":{"team":"a"}}"#
            )
            let free = try await gateway.evaluate("f")
            #expect(free.json["reason"] as? String == "DEFAULT" && free.json["value"] as? Bool == false)
            try await gateway.putFlag("d", Gateway.onOff.replacing("ENABLED", with: "DISABLED"))
            #expect(
                try await gateway.evaluate("d").text
                    == #"{"key":"d","reason":"DISABLED","variant":"","metadata":{}}"#)
            for (key, value) in [("i", "1"), ("x", "1.0")] {
                try await gateway.putFlag(
                    key, #"{"state": "ENABLED", "variants": {"a": \#(value)}, "defaultVariant": "a"}"#)
                #expect(try await gateway.evaluate(key).text.contains(#""value":\#(value),"#))
            }
            for (key, code, status) in [("no", "FLAG_NOT_FOUND", 404), ("a%2Fb", "FLAG_NOT_FOUND", 404)] {
                let answer = try await gateway.evaluate(key)
                #expect(answer.status == status && answer.json["errorCode"] as? String == code)
                #expect(answer.json["key"] as? String == key && answer.json["errorDetails"] is String)
            }
            try await gateway.putFlag("e", Self.targeted.replacing(#""if": ["#, with: #""unheard": ["#))
            let failed = try await gateway.evaluate("e")
            #expect(failed.status == 400 && failed.json["errorCode"] as? String == "PARSE_ERROR")
        }
    }

    /// Clients send all of these where they have no context.
    @Test func contextsOfEveryKindAreTaken() async throws {
        try await withGateway { gateway in
            try await gateway.putFlag("f", Self.targeted)
            for body in [
                "", "{}", "null", "1", "[]", "\"x\"", "true", #"{"context": null}"#, #"{"context": {}}"#,
                #"{"context": [1]}"#, #"{"context": "x"}"#, #"{"context": 1e999}"#,
                #"{"context": {"plan": {"deep": [1, {"a": null}]}, "targetingKey": 7}}"#,
                #"{"context": {"plan": 1e999, "plan": "\u0000"}}"#, #"{"context": {"$flagd": 1, "tenant": "other"}}"#,
            ] {
                let answer = try await gateway.evaluate("f", body)
                #expect(answer.status == 200 && answer.json["variant"] as? String == "off", "\(body): \(answer.text)")
                #expect(try await gateway.evaluate(nil, body).status == 200)
            }
            for body in [
                "{", #"{"context": {"a": 01}}"#, #"{"context": "# + String(repeating: "[", count: 1_000), "\u{feff}{}",
            ] {
                let answer = try await gateway.evaluate("f", body)
                #expect(answer.status == 400 && answer.json["errorCode"] as? String == "INVALID_CONTEXT")
                #expect(answer.json["key"] as? String == "f" && answer.json["errorDetails"] is String)
            }
            let rim = #"{"context": {"x": ""}}"#.utf8.count
            for (bytes, status) in [(64 << 10, 200), ((64 << 10) + 1, 413)] {
                let text = String(repeating: "x", count: bytes - rim)
                let answer = try await gateway.evaluate("f", #"{"context": {"x": "\#(text)"}}"#)
                #expect(answer.status == status)
                #expect(status == 200 || answer.json["errorDetails"] is String)
            }
        }
    }

    /// The gateway's own word on who asks counts before the caller's.
    @Test func whatTheGatewayKnowsCantBeClaimed() async throws {
        try await withGateway { gateway in
            try await gateway.putFlag(
                "f", Self.targeted.replacing(#"{"var": "plan"}, "paid""#, with: #"{"var": "tenant"}, "b""#))
            let answer = try await gateway.evaluate("f", #"{"context": {"tenant": "b"}}"#)
            #expect(answer.json["variant"] as? String == "off")
        }
    }

    @Test func allFlagsComeWithATagThatCoversTheContext() async throws {
        try await withGateway { gateway in
            try await gateway.putFlag("f", Self.targeted)
            try await gateway.putFlag("broken", Self.targeted.replacing(#""if": ["#, with: #""unheard": ["#))
            let all = try await gateway.evaluate()
            let tag = try #require(all["etag"])
            let flags = all.json["flags"] as? [[String: Any]] ?? []
            #expect(flags.map { $0["key"] as? String } == ["broken", "f"])
            #expect(flags[0]["errorCode"] as? String == "PARSE_ERROR" && flags[1]["variant"] as? String == "off")
            #expect(tag.hasPrefix("\"") && tag.hasSuffix("\""))
            for form in [tag, String(tag.dropFirst().dropLast()), "W/\(tag)", "\"x\", \(tag)", "*"] {
                let same = try await gateway.evaluate(
                    nil, #"{"context": {"targetingKey": "u1"}}"#, as: nil, ["If-None-Match: \(form)"])
                #expect(same.status == 304 && same.body.isEmpty && same["etag"] == tag, "\(form)")
            }
            for form in ["\"x\"", "", "x,y", "W/"] {
                #expect(try await gateway.evaluate(nil, "{}", as: nil, ["If-None-Match: \(form)"]).status == 200)
            }
            // Another plan, another answer, though it is the same user.
            let paid = try await gateway.evaluate(
                nil, #"{"context": {"targetingKey": "u1", "plan": "paid"}}"#, as: nil, ["If-None-Match: \(tag)"])
            #expect(paid.status == 200 && paid["etag"] != tag)
            _ = try await gateway.call("POST", "\(Gateway.flags)/f/kill")
            try await gateway.snapshots.load()
            #expect(try await gateway.evaluate(nil, "{}", as: nil, ["If-None-Match: \(tag)"]).status == 200)
        }
    }

    @Test func aKeySeesWhatItsScopeAllows() async throws {
        try await withGateway { gateway in
            try await gateway.putFlag("open", Gateway.onOff, isClientVisible: true)
            try await gateway.putFlag("secret")
            let client = try await gateway.key(Scopes(.flagsClient))
            #expect(try await gateway.evaluate("open", as: client).status == 200)
            let secret = try await gateway.evaluate("secret", as: client)
            let missing = try await gateway.evaluate("missinx", as: client)
            #expect(secret.status == 404 && secret.text.replacing("secret", with: "missinx") == missing.text)
            let all = try await gateway.evaluate(as: client)
            #expect(all.text.contains("\"open\"") && !all.text.contains("secret"))
            #expect(try await gateway.evaluate("open", as: gateway.otherKey).status == 404)
            #expect(try await gateway.evaluate("open", as: .new()).status == 401)
            let ingest = try await gateway.evaluate("open", as: try await gateway.key(Scopes(.ingest)))
            #expect(ingest.status == 403 && ingest["access-control-allow-origin"] == "*")
            for header in ["X-API-Key: \(client.text)", "Authorization: Bearer \(client.text)"] {
                let connection = try await gateway.connect()
                try await connection.send(
                    gateway.head("POST", "/ofrep/v1/evaluate/flags/open", [header, "Content-Length: 0"]))
                #expect(try await connection.answer().status == 200)
            }
            let staging = APIKey.new()
            let tenant = try await gateway.tenants.requireTenant(named: "a")
            try await gateway.tenants.createKey(
                staging, label: "", environment: "staging", tenant: tenant.id, shard: tenant.shard)
            try await gateway.snapshots.load()
            #expect(try await gateway.evaluate("open", as: staging).status == 404)
        }
    }

    @Test func pagesMayAsk() async throws {
        try await withGateway { gateway in
            for target in ["/ofrep/v1/evaluate/flags", "/ofrep/v1/evaluate/flags/f"] {
                let connection = try await gateway.connect()
                try await connection.send(
                    gateway.head(
                        "OPTIONS", target, ["Origin: https://a.example", "Access-Control-Request-Method: POST"]))
                let answer = try await connection.answer()
                #expect(answer.status == 204 && answer["access-control-allow-origin"] == "*")
                for header in ["content-type", "authorization", "x-api-key", "if-none-match"] {
                    #expect(answer["access-control-allow-headers"]?.contains(header) == true)
                }
            }
            try await gateway.putFlag("f")
            #expect(try await gateway.evaluate()["access-control-expose-headers"]?.contains("ETag") == true)
        }
    }

    @Test func aClientKeyThatIsUsedTooOftenIsHeldBack() {
        let limits = ClientKeyLimits(rate: 0.001, burst: 3)
        let (key, other) = (KeyID.new(), KeyID.new())
        for _ in 0..<3 { #expect(throws: Never.self) { try limits.take(key) } }
        let problem = #expect(throws: Problem.self) { try limits.take(key) }
        #expect(problem?.fields[.retryAfter].flatMap { Int($0) } ?? 0 > 100)
        #expect(throws: Never.self) { try limits.take(other) }
    }

    @Test func evaluationsAreCounted() async throws {
        try await withGateway { gateway in
            try await gateway.putFlag("f")
            for _ in 0..<3 { _ = try await gateway.evaluate("f") }
            _ = try await gateway.evaluate()
            await gateway.stop()
            try await eventually {
                let rows = try await gateway.client.execute(
                    Statement("SELECT sum(count)::bigint FROM sluice.flag_use WHERE key = 'f' AND variant = 'off'"))
                return try rows.first?.decode(0, as: Int64?.self) == 4
            }
        }
    }

    /// The last good flags are evaluated as long as the database is away.
    @Test func evaluationNeverWaitsForTheDatabase() async throws {
        try await withDatabase { database in
            try await withGateway(on: database) { gateway in
                try await gateway.putFlag("f")
                try await database.whileAway { () async throws -> Void in
                    let start = ContinuousClock.now
                    #expect(try await gateway.evaluate("f").json["variant"] as? String == "off")
                    #expect(try await gateway.evaluate().status == 200)
                    #expect(ContinuousClock.now - start < .seconds(2))
                }
            }
        }
    }
}
