import FlagEngine
import Model
import Tenants

extension Call {
    /// Of the path. Throws a `Problem` for what can be no environment's name.
    func environment(of caller: Caller) throws -> FlagEnvironment {
        let name = String(self["environment"])
        guard name.isSlug else { throw Problem(FlagRefusal.unknownEnvironment) }
        return FlagEnvironment(tenant: caller.tenant, shard: caller.shard, name: name)
    }

    /// Of the path. Throws a `Problem` for what can be no flag's key.
    func flagKey() throws -> String {
        let key = String(self["key"])
        guard FlagKey.isValid(key) else { throw Problem(FlagRefusal.unknownFlag) }
        return key
    }
}

extension Caller {
    /// As revisions name who changed a flag.
    func author(_ reason: String?) -> FlagAuthor { FlagAuthor("key \(key)", reason: reason) }
}

extension TenantStore {
    /// Throws a `Problem` where the tenant has no such environment.
    func requireEnvironment(_ environment: FlagEnvironment) async throws {
        guard try await flagSet(environment) != nil else { throw Problem(FlagRefusal.unknownEnvironment) }
    }

    /// Archived or not. Throws a `Problem` where there is no such flag.
    @discardableResult
    func requireFlag(_ key: String, in environment: FlagEnvironment) async throws -> FlagRecord {
        guard let flag = try await flag(key, in: environment) else { throw Problem(FlagRefusal.unknownFlag) }
        return flag
    }
}
