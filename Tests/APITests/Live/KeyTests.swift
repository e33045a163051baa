import Foundation
import Tenants
import TestSupport
import Testing

@testable import API

@Suite struct KeyTests {
    private func create(_ gateway: Gateway, _ body: String, key: APIKey? = nil) async throws -> Answer {
        try await gateway.send("POST", "/v1/keys", key: key, body: Array(body.utf8))
    }

    @Test func aKeyIsMadeShownOnceAndRevoked() async throws {
        try await withGateway { gateway in
            let made = try await create(gateway, #"{"label": "ci \"ü\"", "scopes": ["ingest"]}"#)
            #expect(made.status == 201 && made["cache-control"] == "no-store")
            #expect(made["location"] == "/v1/keys/\(made.id)")
            let key = APIKey(text: try #require(made.json["key"] as? String))
            try await gateway.snapshots.load()
            #expect(try await gateway.send(key: key).status == 202)

            let list = try await gateway.send("GET", "/v1/keys")
            let listed = try #require((list.json["keys"] as? [[String: Any]])?.first)
            #expect(listed["id"] as? String == made.id && listed["label"] as? String == "ci \"ü\"")
            #expect(listed["scopes"] as? [String] == ["ingest"] && listed["key"] == nil)
            #expect(!list.text.contains(key.text))

            let gone = try await gateway.send("DELETE", "/v1/keys/\(made.id)")
            #expect(gone.status == 204 && gone.body.isEmpty && gone["content-length"] == nil)
            // Once more is as good as once.
            #expect(try await gateway.send("DELETE", "/v1/keys/\(made.id)").status == 204)
            try await gateway.snapshots.load()
            #expect(try await gateway.send(key: key).status == 401)
        }
    }

    @Test func aKeyIsRotated() async throws {
        try await withGateway { gateway in
            let old = try await create(gateway, #"{"scopes": ["read"]}"#)
            let path = "/v1/keys/\(old.id)/rotate"
            let new = try await gateway.send("POST", path, body: Array(#"{"overlap_s": 0}"#.utf8))
            #expect(new.status == 201 && new.json["scopes"] as? [String] == ["read"])
            try await gateway.snapshots.load()
            for (answer, status) in [(old, 401), (new, 200)] {
                let key = APIKey(text: try #require(answer.json["key"] as? String))
                #expect(try await gateway.send("GET", "/v1/usage", key: key).status == status)
            }
            #expect(try await gateway.send("POST", path, body: Array("{}".utf8)).status == 404)
        }
    }

    @Test func aKeyGivesNoMoreThanItHas() async throws {
        try await withGateway { gateway in
            let all = try await create(gateway, #"{"scopes": ["ingest"]}"#)
            let manager = try await gateway.key(Scopes(.manage))
            let answer = try await create(gateway, #"{"scopes": ["manage", "ingest"]}"#, key: manager)
            #expect(answer.status == 403 && answer.problem == "forbidden" && answer.text.contains("ingest"))
            let rotated = try await gateway.send(
                "POST", "/v1/keys/\(all.id)/rotate", key: manager, body: Array("{}".utf8))
            #expect(rotated.status == 403)
            #expect(try await create(gateway, #"{"scopes": ["manage"]}"#, key: manager).status == 201)
            #expect(try await create(gateway, #"{"scopes": ["flags-client"]}"#).status == 403)
        }
    }

    /// To the byte the same as of an id that nobody has.
    @Test func anotherTenantsKeyIsUnknown() async throws {
        try await withGateway { gateway in
            let mine = try await create(gateway, #"{"scopes": ["read"]}"#)
            for id in [mine.id, UUID().uuidString, "x", "%00"] {
                for (method, suffix) in [("DELETE", ""), ("POST", "/rotate")] {
                    let answer = try await gateway.send(
                        method, "/v1/keys/\(id)\(suffix)", key: gateway.otherKey, body: Array("{}".utf8))
                    #expect(answer.status == 404 && answer.problem == "not-found")
                    #expect(answer.text.contains("This tenant has no such key."))
                }
            }
            let others = try await gateway.send("GET", "/v1/keys", key: gateway.otherKey)
            #expect(!others.text.contains(mine.id))
            let before = try await gateway.send("GET", "/v1/keys?before=\(mine.id)", key: gateway.otherKey)
            #expect(before.status == 200)
        }
    }

    @Test(arguments: [
        "{}", #"{"scopes": []}"#, #"{"scopes": "read"}"#, #"{"scopes": ["reаd"]}"#, #"{"scopes": ["read", 1]}"#,
        #"{"scopes": ["read","read","read","read","read"]}"#, #"{"scopes": ["read"], "label": 1}"#,
        #"{"scopes": ["read"], "label": "a\u0000"}"#, #"{"scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}"#,
        #"{"scopes": ["read"], "expires_at": "soon"}"#, #"{"scopes": ["read"], "tenant": "b"}"#, "[]", "",
        #"{"scopes": ["read"], "label": "\#(String(repeating: "ä", count: 101))"}"#,
        #"{"scopes": ["read"], "scopes": ["manage"]}"#,
    ])
    func aBadKeyIsRefused(_ body: String) async throws {
        try await withGateway { gateway in
            let answer = try await create(gateway, body)
            #expect(answer.status == 400 && !answer.problem.isEmpty, "\(answer.text)")
            let keys = try await gateway.send("GET", "/v1/keys")
            #expect((keys.json["keys"] as? [Any])?.count == 1)
        }
    }

    @Test(arguments: ["-1", "604801", "1.5", "\"1\"", "null"])
    func anOverlapHasItsBounds(_ overlap: String) async throws {
        try await withGateway { gateway in
            let old = try await create(gateway, #"{"scopes": ["read"]}"#)
            let answer = try await gateway.send(
                "POST", "/v1/keys/\(old.id)/rotate", body: Array(#"{"overlap_s": \#(overlap)}"#.utf8))
            #expect(answer.status == 400)
        }
    }

    @Test func keysAreListedInPages() async throws {
        try await withGateway { gateway in
            for _ in 0..<3 { _ = try await create(gateway, #"{"scopes": ["read"], "label": "'; DROP TABLE x; --"}"#) }
            var (seen, next) = ([String](), "")
            repeat {
                let page = try await gateway.send("GET", "/v1/keys?limit=2" + next)
                seen += (page.json["keys"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
                next = (page.json["next"] as? String).map { "&before=\($0)" } ?? ""
            } while !next.isEmpty
            #expect(seen.count == 4 && Set(seen).count == 4 && seen == seen.sorted().reversed())
            for query in ["limit=0", "limit=1001", "before=x", "after=x"] {
                #expect(try await gateway.send("GET", "/v1/keys?\(query)").status == 400)
            }
        }
    }
}
