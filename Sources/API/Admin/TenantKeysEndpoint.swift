import HTTPTypes
import Model
import Tenants

/// A tenant's keys, for the operator: `GET` and `POST /admin/v1/tenants/{name}/keys`, `DELETE .../keys/{id}`,
/// `POST .../keys/{id}/rotate`.
struct TenantKeysEndpoint: Sendable {
    let store: TenantStore

    var routes: [Route] {
        [
            .operator(.get, "/admin/v1/tenants/{name}/keys") { try await desk($0).list($0) },
            .operator(.post, "/admin/v1/tenants/{name}/keys") { try await desk($0).create($0) },
            .operator(.delete, "/admin/v1/tenants/{name}/keys/{id}") { try await desk($0).revoke($0) },
            .operator(.post, "/admin/v1/tenants/{name}/keys/{id}/rotate") { try await desk($0).rotate($0) },
        ]
    }

    /// Throws a `Problem` where there is no such tenant, or it is being deleted.
    private func desk(_ call: Call) async throws -> KeyDesk {
        guard call["name"].isSlug, let tenant = try await store.tenant(named: String(call["name"])),
            tenant.state != .deleting
        else { throw Problem(.notFound, "There is no such tenant.") }
        return KeyDesk(
            store: store, tenant: tenant.id, shard: tenant.shard, path: "/admin/v1/tenants/\(tenant.name)/keys",
            grantable: .all)
    }
}
