import Model
import Tenants

extension TenantStore {
    /// Of one that is not being deleted, as it is now: a process may not have heard of one that was just made. Throws a
    /// `Problem`.
    func destinationID(named name: String, of caller: Caller) async throws -> DestinationID {
        let found = try await destination(named: name, tenant: caller.tenant, shard: caller.shard)
        guard let found, found.deletion == nil else { throw Problem.unknownDestination(name) }
        return found.id
    }
}
