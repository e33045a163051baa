import HTTPTypes
import JSON
import Model
import Tenants

/// `GET` and `POST /admin/v1/tenants`; `GET`, `PATCH` and `DELETE /admin/v1/tenants/{name}`.
struct TenantsEndpoint: Sendable {
    private static let path = "/admin/v1/tenants"
    private static let pageLimit = 100

    let store: TenantStore
    /// Is told of lanes whose gates a command may have opened.
    let arm: @Sendable (LaneID) -> Void

    var routes: [Route] {
        [
            .operator(.get, "/admin/v1/tenants", list), .operator(.post, "/admin/v1/tenants", create),
            .operator(.get, "/admin/v1/tenants/{name}") { answer(try await tenant($0)) },
            .operator(.patch, "/admin/v1/tenants/{name}", change),
            .operator(.delete, "/admin/v1/tenants/{name}", delete),
        ]
    }

    private func list(_ call: Call) async throws -> Answer {
        let query = try call.query("after", "limit")
        let limit = try query.integer("limit", in: 1...1_000) ?? Self.pageLimit
        let tenants = try await store.tenants(after: query["after"] ?? "", limit: Int32(limit))
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("tenants")
            writer.array { writer in
                for tenant in tenants { writer.object { tenant.write(to: &$0) } }
            }
            writer.member("next", tenants.count == limit ? tenants.last?.name : nil)
        }
        return Answer(.ok, json: writer)
    }

    private func create(_ call: Call) async throws -> Answer {
        let order = try await TenantOrder(call, isNew: true)
        let name = order.name ?? ""
        guard try await store.makeTenant(named: name) else {
            throw Problem(.tenantExists, "There is a tenant \(name), or one that is being deleted.")
        }
        if !order.quotas.isEmpty { try await store.changeQuotas(order.quotas, of: name) }
        var answer = answer(try await store.requireTenant(named: name))
        answer.head.status = .created
        answer.head.headerFields[.location] = "\(Self.path)/\(name)"
        return answer
    }

    private func change(_ call: Call) async throws -> Answer {
        let order = try await TenantOrder(call, isNew: false)
        let tenant = try await tenant(call)
        do {
            if !order.quotas.isEmpty { try await store.changeQuotas(order.quotas, of: tenant.name) }
            if let state = order.state { try await store.setState(state, of: tenant.name).forEach(arm) }
        } catch is UnknownTenant {
            throw Problem(.notFound, "The tenant is being deleted.")
        }
        return answer(try await self.tenant(call))
    }

    private func delete(_ call: Call) async throws -> Answer {
        let name = try await tenant(call).name
        do {
            try await store.setState(.deleting, of: name)
        } catch is UnknownTenant {
            // It is being deleted already.
        }
        var answer = answer(try await tenant(call))
        answer.head.status = .accepted
        return answer
    }

    private func tenant(_ call: Call) async throws -> Tenant {
        guard call["name"].isSlug, let tenant = try await store.tenant(named: String(call["name"])) else {
            throw Problem(.notFound, "There is no such tenant.")
        }
        return tenant
    }

    private func answer(_ tenant: Tenant) -> Answer {
        var writer = JSONWriter()
        writer.object { tenant.write(to: &$0) }
        return Answer(.ok, json: writer)
    }
}
