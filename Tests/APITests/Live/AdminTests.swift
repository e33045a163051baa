import Foundation
import Tenants
import TestSupport
import Testing

@testable import API

@Suite struct AdminTests {
    @Test func opensWithTheTokenOnly() async throws {
        try await withGateway { gateway in
            #expect(try await gateway.administer("GET", "tenants").status == 200)
            let tenantsKey = try await gateway.send("GET", "/admin/v1/tenants")
            #expect(tenantsKey.status == 401 && tenantsKey.problem == "unauthorized")
            let connection = try await gateway.connect()
            try await connection.send(gateway.head("GET", "/admin/v1/tenants", []))
            #expect(try await connection.answer().status == 401)
            // And the token opens nothing of a tenant's.
            let operatorKey = APIKey(text: Gateway.operatorToken)
            #expect(try await gateway.send("GET", "/v1/usage", key: operatorKey).status == 401)
        }
    }

    @Test func withoutATokenItSaysWhatToSet() async throws {
        try await withDatabase { database in
            try await withGateway(on: database, APIConfiguration(), operatorToken: nil) { gateway in
                let answer = try await gateway.administer("GET", "tenants")
                #expect(answer.status == 403 && answer.problem == "operator-access-off")
                #expect(answer.text.contains("SLUICE_OPERATOR_TOKEN"))
            }
        }
    }

    @Test func aTenantIsMadeChangedAndShown() async throws {
        try await withGateway { gateway in
            let made = try await gateway.administer(
                "POST", "tenants", #"{"name": "acme", "quotas": {"ingest_rate": 2.5, "max_waiting": 10}}"#)
            #expect(made.status == 201 && made["location"] == "/admin/v1/tenants/acme")
            #expect(made.json["state"] as? String == "active")
            let again = try await gateway.administer("POST", "tenants", #"{"name": "acme"}"#)
            #expect(again.status == 409 && again.problem == "tenant-exists")

            let changed = try await gateway.administer(
                "PATCH", "tenants/acme", #"{"quotas": {"ingest_rate": null, "max_body_bytes": 0, "max_in_flight": 7}}"#)
            let quotas = try #require(changed.json["quotas"] as? [String: Any])
            #expect(quotas["ingest_rate"] is NSNull && quotas["max_waiting"] as? Int == 10)
            #expect(quotas["max_body_bytes"] as? Int == 0 && quotas["max_in_flight"] as? Int == 7)
            let shown = try await gateway.administer("GET", "tenants/acme")
            #expect(shown.status == 200 && shown.text == changed.text)
            #expect(try await gateway.administer("GET", "tenants/nix").status == 404)
            #expect(try await gateway.administer("PATCH", "tenants/nix", "{}").status == 404)
        }
    }

    @Test func tenantsAreListedInPages() async throws {
        try await withGateway { gateway in
            for name in ["c", "d", "e"] {
                _ = try await gateway.administer("POST", "tenants", #"{"name": "\#(name)"}"#)
            }
            var (seen, next) = ([String](), "")
            repeat {
                let page = try await gateway.administer("GET", "tenants?limit=2" + next)
                seen += (page.json["tenants"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
                next = (page.json["next"] as? String).map { "&after=\($0)" } ?? ""
            } while !next.isEmpty
            #expect(seen == ["a", "b", "c", "d", "e"])
            #expect(try await gateway.administer("GET", "tenants?limit=0").status == 400)
        }
    }

    @Test func aTenantsKeysAreTheOperatorsToMake() async throws {
        try await withGateway { gateway in
            let made = try await gateway.administer(
                "POST", "tenants/a/keys", #"{"scopes": ["flags-client", "ingest"], "label": "first"}"#)
            #expect(made.status == 201 && made["location"] == "/admin/v1/tenants/a/keys/\(made.id)")
            let key = APIKey(text: try #require(made.json["key"] as? String))
            try await gateway.snapshots.load()
            #expect(try await gateway.send(key: key).status == 202)
            #expect(try await gateway.administer("GET", "tenants/a/keys").text.contains(made.id))
            #expect(try await !gateway.administer("GET", "tenants/b/keys").text.contains(made.id))
            #expect(try await gateway.administer("DELETE", "tenants/b/keys/\(made.id)").status == 404)
            #expect(try await gateway.administer("DELETE", "tenants/a/keys/\(made.id)").status == 204)
            #expect(try await gateway.administer("GET", "tenants/nix/keys").status == 404)
        }
    }

    @Test func aDeletedTenantIsNotServed() async throws {
        try await withGateway { gateway in
            let deleted = try await gateway.administer("DELETE", "tenants/a")
            #expect(deleted.status == 202 && deleted.json["state"] as? String == "deleting")
            try await gateway.snapshots.load()
            // As if it had never been.
            #expect(try await gateway.send().status == 401)
            #expect(try await gateway.send(key: gateway.otherKey).status == 202)
            #expect(try await gateway.administer("DELETE", "tenants/a").status == 202)
            #expect(try await gateway.administer("PATCH", "tenants/a", #"{"state": "active"}"#).status == 404)
            #expect(try await gateway.administer("POST", "tenants/a/keys", #"{"scopes": ["read"]}"#).status == 404)
            #expect(try await gateway.administer("POST", "tenants", #"{"name": "a"}"#).status == 409)
        }
    }

    @Test(
        arguments: [
            "ingest_rate": ["0", "-1", "1000001", "\"1\"", "1e400"], "ingest_burst": ["0", "1.5", "10000001"],
            "max_waiting": ["0", "1000000001", "true"], "max_in_flight": ["0", "100001", "[]"],
            "max_body_bytes": ["-1", "67108865"], "max_everything": ["1"],
        ].flatMap { name, values in values.map { (name, $0) } })
    func aQuotaHasItsBounds(_ name: String, _ value: String) async throws {
        try await withGateway { gateway in
            let before = try await gateway.administer("GET", "tenants/a").text
            let answer = try await gateway.administer("PATCH", "tenants/a", #"{"quotas": {"\#(name)": \#(value)}}"#)
            #expect(answer.status == 400 && !answer.problem.isEmpty, "\(answer.text)")
            #expect(try await gateway.administer("GET", "tenants/a").text == before)
        }
    }

    @Test func aQuotaMayHaveItsBounds() async throws {
        try await withGateway { gateway in
            for (name, range) in Quotas.ranges {
                for bound in [range.lowerBound, range.upperBound] {
                    let number = bound == bound.rounded() ? "\(Int(bound))" : "\(bound)"
                    let answer = try await gateway.administer(
                        "PATCH", "tenants/a", #"{"quotas": {"\#(name)": \#(number)}}"#)
                    #expect(answer.status == 200, "\(name) \(number): \(answer.text)")
                }
            }
        }
    }

    /// Letters that look like others, and what would be a header or a statement.
    @Test(arguments: [
        "", "Acme", "аcme", "acme\u{200b}", "ａcme", "acmé", "a b", "-a", "a/b", "a\\r\\nX: y", "a'; DROP TABLE x; --",
        String(repeating: "a", count: 64),
    ])
    func aNameIsASlug(_ name: String) async throws {
        try await withGateway { gateway in
            let answer = try await gateway.administer("POST", "tenants", #"{"name": "\#(name)"}"#)
            #expect(answer.status == 400 && answer.problem == "invalid-request")
        }
    }

    @Test(arguments: [
        ("POST", "tenants", "{}"), ("POST", "tenants", #"{"name": 1}"#),
        ("POST", "tenants", #"{"name": "x", "state": "active"}"#), ("PATCH", "tenants/a", #"{"name": "x"}"#),
        ("PATCH", "tenants/a", #"{"state": "deleting"}"#), ("PATCH", "tenants/a", #"{"quotas": 1}"#),
        ("POST", "tenants", "["),
    ])
    func aBadOrderIsRefused(_ method: String, _ target: String, _ body: String) async throws {
        try await withGateway { gateway in
            let answer = try await gateway.administer(method, target, body)
            #expect(answer.status == 400 && !answer.problem.isEmpty)
        }
    }
}
