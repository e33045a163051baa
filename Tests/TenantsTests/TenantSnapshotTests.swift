import Model
import Postgres
import Testing

@testable import Tenants

struct TenantSnapshotTests {
    static let now = Timestamp(microseconds: 1_700_000_000_000_000)

    @Test(
        arguments: [
            (nil, true), (Self.now + .microseconds(1), true), (Self.now, false), (Self.now + .seconds(-1), false),
        ] as [(Timestamp?, Bool)])
    func aKeyIsValidUntilItExpires(_ expiry: Timestamp?, _ isValid: Bool) {
        let (key, tenant) = (APIKey.new(), Tenant(id: .new(), name: "a", shard: 3))
        let caller = Caller(tenant: tenant.id, shard: 3, key: .new(), expiresAt: expiry)
        let snapshot = TenantSnapshot(version: 1, tenants: [tenant], keys: [(key.hash, caller)])
        #expect(snapshot.caller(key.hash, now: Self.now)?.caller.key == (isValid ? caller.key : nil))
        #expect(snapshot.caller(APIKey.new().hash, now: Self.now) == nil)
    }

    @Test(arguments: [(TenantState.active, true), (.suspended, true), (.deleting, false)])
    func aDeletedTenantHasNoCallers(_ state: TenantState, _ isKnown: Bool) {
        let (key, tenant) = (APIKey.new(), Tenant(id: .new(), name: "a", shard: 3, state: state))
        let keys = [(key.hash, Caller(tenant: tenant.id, shard: 3, key: .new()))]
        let snapshot = TenantSnapshot(version: 1, tenants: [tenant], keys: keys)
        #expect(snapshot.caller(key.hash, now: Self.now)?.tenant == (isKnown ? tenant : nil))
        #expect(TenantSnapshot(version: 1, keys: keys).caller(key.hash, now: Self.now) == nil)
    }

    @Test func aNameBelongsToItsTenant() {
        let tenants = [TenantID.new(), .new()]
        let destinations = tenants.enumerated().map { destination("same", of: $1, lane: Int64($0)) }
        let snapshot = TenantSnapshot(destinations: destinations)
        for destination in destinations {
            #expect(snapshot.destination(named: "same", of: destination.tenant)?.id == destination.id)
            #expect(snapshot.destination(destination.lane)?.id == destination.id)
        }
        #expect(snapshot.destination(named: "same", of: .new()) == nil)
        #expect(snapshot.destination(named: "other", of: tenants[0]) == nil)
        #expect(snapshot.destination(LaneID(shard: 1, number: 0)) == nil)
    }

    /// And leaves the old snapshot as it was.
    @Test func aTenantGoesWithAllThatItHas() {
        let tenants = ["a", "b"].map { Tenant(id: .new(), name: $0, shard: 0) }
        let keys = tenants.map { (APIKey.new().hash, Caller(tenant: $0.id, shard: 0, key: .new())) }
        let destinations = tenants.enumerated().map { destination("d", of: $1.id, lane: Int64($0)) }
        let old = TenantSnapshot(version: 1, tenants: tenants, keys: keys, destinations: destinations)
        let new = old.changed(to: 2) { $0.remove(tenants[0].id) }
        #expect(new.version == 2)
        for (index, isThere) in [(0, false), (1, true)] {
            #expect((new.tenant(tenants[index].id) != nil) == isThere)
            #expect((new.caller(keys[index].0, now: Self.now) != nil) == isThere)
            #expect((new.destination(named: "d", of: tenants[index].id) != nil) == isThere)
            #expect(old.caller(keys[index].0, now: Self.now) != nil)
        }
    }

    /// Not under its old name any more.
    @Test func aDestinationCanBeRenamed() {
        let first = destination("old", of: .new(), lane: 1)
        let renamed = Destination(
            tenant: first.tenant, id: first.id, lane: first.lane,
            settings: DestinationSettings(name: "new", baseURL: "http://a"))
        let snapshot = TenantSnapshot(destinations: [first]).changed(to: 1) { $0.put(renamed) }
        #expect(snapshot.destination(named: "old", of: first.tenant) == nil)
        #expect(snapshot.destination(named: "new", of: first.tenant)?.id == first.id)
    }

    private func destination(_ name: String, of tenant: TenantID, lane: Int64) -> Destination {
        Destination(
            tenant: tenant, id: .new(), lane: LaneID(shard: 0, number: lane),
            settings: DestinationSettings(name: name, baseURL: "http://\(lane)"))
    }
}
