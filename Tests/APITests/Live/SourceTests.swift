import Crypto
import Foundation
import Model
import Postgres
import Tenants
import TestSupport
import Testing

@testable import API

@Suite struct SourceTests {
    private static let secret = "It's a Secret to Everybody"

    private static func sign(_ body: String, _ secret: String = secret) -> String {
        let mac = HMAC<SHA256>.authenticationCode(
            for: Data(body.utf8), using: SymmetricKey(data: Data(secret.utf8)))
        return "X-Hub-Signature-256: sha256=" + mac.map { String(format: "%02x", $0) }.joined()
    }

    /// Makes a source; returns the path of its URL.
    private func make(_ gateway: Gateway, _ json: String) async throws -> String {
        let made = try await gateway.call("POST", "/v1/sources", json)
        #expect(made.status == 201, "\(made.text)")
        try await gateway.snapshots.load()
        return try #require(made.json["url_path"] as? String)
    }

    private static func gitHub(_ target: String) -> String {
        #"{"name": "github", \#(target), "scheme": "github", "secrets": [{"id": "1", "secret": "\#(secret)"}]}"#
    }

    /// Without a key.
    private func post(
        _ gateway: Gateway, _ target: String, _ headers: [String], _ body: String = "{}", method: String = "POST"
    ) async throws -> Answer {
        let connection = try await gateway.connect()
        try await connection.send(gateway.head(method, target, headers + ["Content-Length: \(body.utf8.count)"]) + body)
        return try await connection.answer(hasBody: true)
    }

    @Test func aSourceIsMadeShownChangedRotatedAndDeleted() async throws {
        try await withGateway { gateway in
            let made = try await gateway.call("POST", "/v1/sources", Self.gitHub(#""destination": "hook""#))
            #expect(made.status == 201 && made["location"] == "/v1/sources/github" && made["etag"] == "\"1\"")
            #expect(!made.text.contains("Everybody"))
            let old = try #require(made.json["url_path"] as? String)
            let shown = try await gateway.call("GET", "/v1/sources/github")
            #expect(shown.status == 200 && shown.json["url_path"] == nil && shown.text.contains(#""set":true"#))
            #expect(
                try await gateway.call("POST", "/v1/sources", Self.gitHub(#""topic": "a""#)).problem == "name-taken")
            #expect(try await gateway.call("PUT", "/v1/sources/github", shown.text).status == 428)
            let put = try await gateway.call("PUT", "/v1/sources/github", shown.text, ["If-Match: *"])
            #expect(put.status == 200 && put.json["url_path"] == nil, "\(put.text)")
            let patched = try await gateway.call("PATCH", "/v1/sources/github", #"{"topic": "a.b", "tolerance_s": 5}"#)
            #expect(
                patched.status == 200 && patched.json["destination"] == nil && patched.json["topic"] as? String == "a.b"
            )
            let rotated = try await gateway.call("POST", "/v1/sources/github/rotate", #"{"overlap_s": 0}"#)
            let new = try #require(rotated.json["url_path"] as? String)
            #expect(new != old)
            try await gateway.snapshots.load()
            #expect(try await post(gateway, old, [Self.sign("{}")]).status == 404)
            #expect(try await post(gateway, new, [Self.sign("{}")]).status == 202)
            #expect(try await gateway.call("GET", "/v1/sources").text.contains(#""name":"github""#))
            #expect(try await gateway.call("DELETE", "/v1/sources/github").status == 204)
            try await gateway.snapshots.load()
            #expect(try await post(gateway, new, [Self.sign("{}")]).status == 404)
            #expect(try await gateway.call("POST", "/v1/sources/github/rotate").status == 404)
        }
    }

    @Test(arguments: [(-1, 400), (0, 200), (604_800, 200), (604_801, 400)])
    func anOverlapHasItsBounds(_ overlap: Int, _ status: Int) async throws {
        try await withGateway { gateway in
            _ = try await make(gateway, Self.gitHub(#""destination": "hook""#))
            let path = "/v1/sources/github/rotate"
            #expect(try await gateway.call("POST", path, #"{"overlap_s": \#(overlap)}"#).status == status)
        }
    }

    @Test func aSignedRequestIsStoredAsItCame() async throws {
        try await withGateway { gateway in
            let url = try await make(gateway, Self.gitHub(#""destination": "hook""#))
            let answer = try await post(
                gateway, url + "/a%2Fb?x=1",
                [
                    Self.sign("{\"a\":1}"), "X-GitHub-Delivery: one", "Authorization: Bearer theirs",
                    "Sluice-Deliver-At: 2099-01-01T00:00:00Z", "Prefer: wait=30", "Idempotency-Key: \"x\"",
                ], "{\"a\":1}")
            #expect(answer.status == 202, "\(answer.text)")
            let stored = try #require(try await gateway.stored(answer.id))
            #expect(stored.path == "/a%2Fb" && stored.query == "x=1" && stored.body == Array("{\"a\":1}".utf8))
            #expect(stored.headers.contains("X-Hub-Signature-256: sha256=") && stored.headers.contains("Bearer theirs"))
            // What is not signed steers nothing.
            #expect(try await gateway.call("GET", "/v1/requests/\(answer.id)").text.contains(#""state":"waiting""#))
            // The sender's own id keeps what it sends again from being stored twice.
            let again = try await post(
                gateway, url + "/a%2Fb?x=1", [Self.sign("{\"a\":1}"), "X-GitHub-Delivery: one"], "{\"a\":1}")
            #expect(again.id == answer.id && again["idempotency-replayed"] == "true")
            let other = try await post(gateway, url + "/a%2Fb?x=1", [Self.sign("{}"), "X-GitHub-Delivery: one"])
            #expect(other.status == 422 && other.problem == "idempotency-key-reused")
            #expect(try await gateway.count() == 1)
        }
    }

    @Test func whatIsNotSignedIsRefusedAndNotStored() async throws {
        try await withGateway { gateway in
            let url = try await make(gateway, Self.gitHub(#""destination": "hook""#))
            for (headers, words) in [
                ([], "X-Hub-Signature-256 is missing"), ([Self.sign("other")], "does not match"),
                ([Self.sign("{}", "another secret")], "does not match"),
                (["X-Hub-Signature-256: sha256=x"], "not what the source's scheme has"),
                ([Self.sign("{}"), Self.sign("{}")], "more than once"),
                ([Self.sign("{}"), "x-hub-signature-256: sha256=00"], "more than once"),
            ] {
                let answer = try await post(gateway, url, headers)
                #expect(answer.status == 401 && answer.problem == "invalid-signature", "\(answer.text)")
                #expect(answer.text.contains(words) && answer["www-authenticate"] != nil, "\(answer.text)")
            }
            #expect(try await gateway.count() == 0)
        }
    }

    @Test func timesOfStandardWebhooksAndStripe() async throws {
        try await withGateway { gateway in
            let key = Data(repeating: 3, count: 24)
            let secret = "whsec_" + key.base64EncodedString()
            let standard = try await make(
                gateway,
                #"{"name": "s", "destination": "hook", "scheme": "standard-webhooks", "secrets": [{"id": "1", "secret": "\#(secret)"}]}"#
            )
            let stripe = try await make(
                gateway,
                #"{"name": "t", "destination": "hook", "scheme": "stripe", "tolerance_s": 60, "secrets": [{"id": "1", "secret": "\#(secret)"}]}"#
            )
            let now = Int64(Date().timeIntervalSince1970)
            for (off, status) in [(0, 202), (-200, 202), (200, 202), (-400, 401), (400, 401)] as [(Int64, Int)] {
                let signed = Data("\(off).\(now + off).{}".utf8)
                let mac = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: key))
                let signature = mac.withUnsafeBytes { Data($0).base64EncodedString() }
                let answer = try await post(
                    gateway, standard,
                    ["webhook-id: \(off)", "webhook-timestamp: \(now + off)", "webhook-signature: v1,\(signature)"])
                #expect(answer.status == status, "\(off) \(answer.text)")
                if status == 401 { #expect(answer.text.contains("more than 300 s off")) }
            }
            for (off, status) in [(0, 202), (-100, 401), (100, 401)] as [(Int64, Int)] {
                let mac = HMAC<SHA256>.authenticationCode(
                    for: Data("\(now + off).{}".utf8), using: SymmetricKey(data: Data(secret.utf8)))
                let hex = mac.map { String(format: "%02x", $0) }.joined()
                let answer = try await post(gateway, stripe, ["Stripe-Signature: t=\(now + off),v1=\(hex)"])
                #expect(answer.status == status, "\(off) \(answer.text)")
            }
        }
    }

    @Test func aSourceSendsToATopic() async throws {
        try await withGateway { gateway in
            let route =
                #"{"name": "r", "topic": "github.#", "destination": "hook", "filters": [{"field": "header.X-GitHub-Event", "equals": "push"}]}"#
            #expect(try await gateway.call("POST", "/v1/routes", route).status == 201)
            let url = try await make(gateway, Self.gitHub(#""topic": "github.repo""#))
            for (event, isUnrouted) in [("push", false), ("ping", true)] {
                let answer = try await post(gateway, url, [Self.sign("{}"), "X-GitHub-Event: \(event)"])
                let shown = try await gateway.call("GET", "/v1/requests/\(answer.id)")
                #expect(
                    shown.json["is_unrouted"] as? Bool == isUnrouted && shown.json["topic"] as? String == "github.repo")
            }
        }
    }

    /// An unknown token is answered as an unknown path is, with a key or without, and is repeated nowhere.
    @Test func unknownTokensAndSuspendedTenants() async throws {
        try await withGateway { gateway in
            let url = try await make(gateway, Self.gitHub(#""destination": "hook""#))
            for target in ["/in/~", "/in/~nothing/a", url + "x", String(url.dropLast()), "/in/~%7e"] {
                let answer = try await post(gateway, target, [Self.sign("{}"), gateway.authorized])
                #expect(answer.status == 404 && answer.problem == "not-found", "\(target)")
                #expect(!answer.text.contains(target.dropFirst(5)) || target == "/in/~")
            }
            #expect(try await gateway.administer("PATCH", "tenants/a", #"{"state": "suspended"}"#).status == 200)
            try await gateway.snapshots.load()
            #expect(try await post(gateway, url, [Self.sign("{}")]).problem == "tenant-suspended")
            #expect(try await gateway.administer("PATCH", "tenants/a", #"{"state": "active"}"#).status == 200)
            try await gateway.snapshots.load()
            #expect(try await gateway.call("PATCH", "/v1/sources/github", #"{"enabled": false}"#).status == 200)
            try await gateway.snapshots.load()
            #expect(try await post(gateway, url, [Self.sign("{}")]).status == 404)
            #expect(try await gateway.count() == 0)
        }
    }

    /// Who has the URL and not the secret uses up nothing of what the tenant may send.
    @Test func onlyWhatIsVerifiedCountsAgainstTheTenantsRate() async throws {
        try await withGateway { gateway in
            let quotas = #"{"quotas": {"ingest_rate": 0.001, "ingest_burst": 1}}"#
            #expect(try await gateway.administer("PATCH", "tenants/a", quotas).status == 200)
            let url = try await make(gateway, Self.gitHub(#""destination": "hook""#))
            for _ in 0..<5 { #expect(try await post(gateway, url, []).status == 401) }
            #expect(try await post(gateway, url, [Self.sign("{}")]).status == 202)
            #expect(try await post(gateway, url, [Self.sign("{}")]).status == 429)
        }
    }

    @Test func aLargeBodyIsRefusedBeforeItIsRead() async throws {
        try await withGateway(.with { $0.bodyLimit = 10 }) { gateway in
            let url = try await make(gateway, Self.gitHub(#""destination": "hook""#))
            let body = String(repeating: "x", count: 11)
            #expect(try await post(gateway, url, [Self.sign(body)], body).status == 413)
        }
    }

    @Test func nothingCrossesTenants() async throws {
        try await withGateway { gateway in
            _ = try await make(gateway, Self.gitHub(#""destination": "hook""#))
            for (method, path) in [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate")] {
                let answer = try await gateway.send(
                    method, "/v1/sources/github" + path, key: gateway.otherKey, body: Array("{}".utf8))
                #expect(answer.status == 404, "\(method)")
            }
            let list = try await gateway.send("GET", "/v1/sources", key: gateway.otherKey)
            #expect(list.text == #"{"sources":[],"next":null}"#)
        }
    }

    @Test func whatIsWrongIsToldByMember() async throws {
        try await withGateway { gateway in
            for (json, problem, words) in [
                (Self.gitHub(#""destination": "nix""#), "unknown-destination", "nix"),
                (Self.gitHub(#""topic": "a", "destination": "hook""#), "invalid-source", "exactly one of"),
                (Self.gitHub(#""topic": "a", "name2": 1"#), "invalid-source", "name2 is unknown"),
                (Self.gitHub(#""topic": "tорic""#), "invalid-source", "topic must be"),
                (#"{"topic": "a"}"#, "invalid-source", "name is missing"),
            ] {
                let answer = try await gateway.call("POST", "/v1/sources", json)
                #expect(answer.problem == problem && answer.text.contains(words), "\(answer.text)")
            }
        }
    }
}
