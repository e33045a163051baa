import HTTPTypes
import Tenants

/// `GET` and `POST /v1/keys`, `DELETE /v1/keys/{id}`, `POST /v1/keys/{id}/rotate`.
struct KeysEndpoint: Sendable {
    let store: TenantStore

    var routes: [Route] {
        [
            .tenant(.manage, .get, "/v1/keys") { try await desk($1).list($0) },
            .tenant(.manage, .post, "/v1/keys") { try await desk($1).create($0) },
            .tenant(.manage, .delete, "/v1/keys/{id}") { try await desk($1).revoke($0) },
            .tenant(.manage, .post, "/v1/keys/{id}/rotate") { try await desk($1).rotate($0) },
        ]
    }

    private func desk(_ caller: Caller) -> KeyDesk {
        KeyDesk(
            store: store, tenant: caller.tenant, shard: caller.shard, path: "/v1/keys", grantable: caller.scopes)
    }
}
