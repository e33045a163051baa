import Model
import Tenants

/// Throws a `CommandError` in place of an `InvalidDocument`.
func checked<T>(_ read: () throws -> T) throws -> T {
    do {
        return try read()
    } catch let error as InvalidDocument {
        throw CommandError(error.description)
    }
}

extension TenantStore {
    func requireDestination(named name: String, of tenant: Tenant) async throws -> DestinationID {
        let found = try await destination(named: name, tenant: tenant.id, shard: tenant.shard)
        guard let found, found.deletion == nil else {
            throw CommandError("tenant \(tenant.name) has no destination \(name)")
        }
        return found.id
    }
}

extension TenantStore.Put {
    func item(named name: String) throws -> Item {
        switch self {
        case .put(let item): return item
        case .stale: throw CommandError("\(name) has been changed meanwhile; try again", status: .tryAgain)
        case .unknownDestination: throw CommandError("the destination has been deleted meanwhile")
        case .tooMany: throw CommandError("the tenant has as many as it may; delete some")
        }
    }
}
