import Tenants
import TestSupport
import Testing

@testable import API

@Suite struct ScopeTests {
    /// Endpoints and the scope that opens each.
    private static let doors: [(method: String, target: String, scope: Scope)] = [
        ("POST", "/in/hook", .ingest), ("POST", "/v1/requests", .ingest), ("GET", "/v1/circuits", .read),
        ("GET", "/v1/usage", .read), ("GET", "/v1/keys", .manage), ("POST", "/v1/keys", .manage),
        ("POST", "/v1/destinations/hook/circuit/pause", .manage),
    ]

    @Test(arguments: Scope.allCases)
    func aKeyOpensWhatItsScopeSays(_ scope: Scope) async throws {
        try await withGateway { gateway in
            let key = try await gateway.key(Scopes(scope))
            for door in Self.doors {
                let answer = try await gateway.send(door.method, door.target, key: key)
                #expect((answer.status == 403) == (door.scope != scope), "\(door) \(answer.status)")
                if door.scope != scope {
                    #expect(answer.problem == "forbidden" && answer.text.contains(door.scope.rawValue))
                    #expect(answer["www-authenticate"]?.contains("insufficient_scope") == true)
                }
            }
            // Known before the scope: whoever shows no valid key learns of no scopes.
            #expect(try await gateway.send("GET", "/v1/keys", key: .new()).status == 401)
        }
    }

    @Test func aSuspendedTenantIsNotServed() async throws {
        try await withGateway { gateway in
            #expect(try await gateway.administer("PATCH", "tenants/a", #"{"state": "suspended"}"#).status == 200)
            try await gateway.snapshots.load()
            for door in Self.doors {
                let answer = try await gateway.send(door.method, door.target)
                #expect(answer.status == 403 && answer.problem == "tenant-suspended", "\(door)")
            }
            #expect(try await gateway.send(key: gateway.otherKey).status == 202)
            #expect(try await gateway.administer("PATCH", "tenants/a", #"{"state": "active"}"#).status == 200)
            try await gateway.snapshots.load()
            #expect(try await gateway.send().status == 202)
        }
    }
}

extension Gateway {
    /// A new key of the first tenant, which the gateway knows already.
    func key(_ scopes: Scopes) async throws -> APIKey {
        let key = APIKey.new()
        let tenant = try await tenants.requireTenant(named: "a")
        try await tenants.createKey(key, label: "", scopes: scopes, tenant: tenant.id, shard: tenant.shard)
        try await snapshots.load()
        return key
    }
}
