package import Model
package import Postgres

/// Who shows a valid key.
package struct Caller: Sendable {
    package let tenant: TenantID
    package let shard: Int16
    package let key: KeyID
    package let scopes: Scopes
    package let expiresAt: Timestamp?
    /// Whose flags the key evaluates.
    package let environment: FlagEnvironment

    package init(
        tenant: TenantID, shard: Int16, key: KeyID, scopes: Scopes = .standard, expiresAt: Timestamp? = nil,
        environment: String = FlagEnvironment.standard
    ) {
        self.tenant = tenant
        self.shard = shard
        self.key = key
        self.scopes = scopes
        self.expiresAt = expiresAt
        self.environment = FlagEnvironment(tenant: tenant, shard: shard, name: environment)
    }
}

/// The configuration at one moment, so that no request needs a statement to find out who sends it and where it goes.
/// An object, so that whoever takes it for the time of a request counts one reference.
package final class TenantSnapshot: Sendable {
    package let version: Int64
    private let contents: Contents

    struct Contents: Sendable {
        fileprivate var tenants = PartedDictionary<TenantID, Tenant>()
        fileprivate var callers = PartedDictionary<APIKeyHash, Caller>()
        fileprivate var hashes = PartedDictionary<KeyID, APIKeyHash>()
        fileprivate var byID = PartedDictionary<DestinationID, Entry>()
        fileprivate var byLane = PartedDictionary<LaneID, Entry>()
        fileprivate var byName = PartedDictionary<Name, Entry>()
        fileprivate var faults: [DestinationID: String] = [:]
        fileprivate var routing = SnapshotRouting()
        fileprivate var flags = SnapshotFlags()
    }

    /// Destinations are large: the dictionaries share one each.
    fileprivate final class Entry: Sendable {
        let destination: Destination
        init(_ destination: Destination) { self.destination = destination }
    }

    fileprivate struct Name: Hashable {
        let tenant: TenantID
        let name: Substring
    }

    package convenience init(
        version: Int64 = 0, tenants: [Tenant] = [], keys: [(APIKeyHash, Caller)] = [], destinations: [Destination] = [],
        routes: [TopicRoute] = [], sources: [Source] = [], flagSets: [FlagSnapshot] = []
    ) {
        var contents = Contents()
        for tenant in tenants { contents.put(tenant) }
        for (hash, caller) in keys { contents.put(caller, hash) }
        for destination in destinations { contents.put(destination) }
        contents.put(routes)
        for source in sources { contents.put(source) }
        for flags in flagSets { contents.put(flags) }
        self.init(version: version, contents)
    }

    init(version: Int64, _ contents: Contents) {
        self.version = version
        self.contents = contents
    }

    /// What it has, with changes.
    func changed(to version: Int64, _ change: (inout Contents) -> Void) -> TenantSnapshot {
        var changed = contents
        change(&changed)
        return TenantSnapshot(version: version, changed)
    }

    /// nil for a key that is unknown, revoked or expired, or whose tenant is not known or being deleted.
    package func caller(_ hash: APIKeyHash, now: Timestamp) -> (caller: Caller, tenant: Tenant)? {
        guard let caller = contents.callers[hash] else { return nil }
        if let expiry = caller.expiresAt, expiry <= now { return nil }
        guard let tenant = contents.tenants[caller.tenant], tenant.state != .deleting else { return nil }
        return (caller, tenant)
    }

    /// Of the key with that id, which must be valid as for `caller(_:now:)`; and its hash.
    package func caller(_ id: KeyID, now: Timestamp) -> (caller: Caller, tenant: Tenant, hash: APIKeyHash)? {
        guard let hash = contents.hashes[id], let found = caller(hash, now: now) else { return nil }
        return (found.caller, found.tenant, hash)
    }

    /// nil where there are none.
    package func flags(_ environment: FlagEnvironment) -> FlagSnapshot? { contents.flags[environment] }

    /// Destinations whose secrets can't be read, and why.
    var faults: [DestinationID: String] { contents.faults }

    package func tenant(_ id: TenantID) -> Tenant? { contents.tenants[id] }

    /// nil also for one that is being deleted: it takes no new requests.
    package func destination(named name: Substring, of tenant: TenantID) -> Destination? {
        contents.byName[Name(tenant: tenant, name: name)]?.destination
    }

    package func destination(_ lane: LaneID) -> Destination? { contents.byLane[lane]?.destination }

    package func destination(_ id: DestinationID) -> Destination? { contents.byID[id]?.destination }

    /// The tenant's routes that take a message; several may lead to one destination.
    package func routes(of message: Message, tenant: TenantID) -> [TopicRoute] {
        contents.routing.routes(of: message, tenant: tenant)
    }

    /// nil for a token that is unknown or was replaced, of a source that is not enabled, or whose tenant is not known
    /// or being deleted.
    package func source(_ token: SourceToken, now: Timestamp) -> (source: Source, tenant: Tenant)? {
        guard let source = contents.routing.source(token.hash, now: now) else { return nil }
        guard let tenant = contents.tenants[source.tenant], tenant.state != .deleting else { return nil }
        return (source, tenant)
    }
}

extension TenantSnapshot.Contents {
    mutating func put(_ routes: [TopicRoute]) { routing.put(routes) }
    mutating func remove(_ id: RouteID) { routing.remove(id) }
    mutating func put(_ source: Source) { routing.put(source) }
    mutating func remove(_ id: SourceID) { routing.remove(id) }
    mutating func put(_ set: FlagSnapshot) { flags.put(set) }
    mutating func remove(_ id: FlagSetID) { flags.remove(id) }

    mutating func put(_ tenant: Tenant) { tenants[tenant.id] = tenant }

    /// With all that it owns.
    mutating func remove(_ tenant: TenantID) {
        guard tenants[tenant] != nil else { return }
        tenants[tenant] = nil
        for key in callers.values(where: { $0.tenant == tenant }) { remove(key.key) }
        for entry in byID.values(where: { $0.destination.tenant == tenant }) { remove(entry.destination.id) }
        routing.remove(tenant)
        flags.remove(tenant)
    }

    mutating func put(_ caller: Caller, _ hash: APIKeyHash) {
        remove(caller.key)
        callers[hash] = caller
        hashes[caller.key] = hash
    }

    mutating func remove(_ key: KeyID) {
        guard let hash = hashes[key] else { return }
        hashes[key] = nil
        callers[hash] = nil
    }

    mutating func put(_ destination: Destination) {
        remove(destination.id)
        let entry = TenantSnapshot.Entry(destination)
        byID[destination.id] = entry
        for lane in destination.lanes { byLane[lane] = entry }
        faults[destination.id] = destination.settings.fault
        // One that is being deleted takes no new requests.
        guard destination.deletion == nil else { return }
        byName[.init(tenant: destination.tenant, name: destination.settings.name[...])] = entry
    }

    mutating func remove(_ id: DestinationID) {
        guard let destination = byID[id]?.destination else { return }
        byID[id] = nil
        faults[id] = nil
        for lane in destination.lanes { byLane[lane] = nil }
        byName[.init(tenant: destination.tenant, name: destination.settings.name[...])] = nil
    }
}
