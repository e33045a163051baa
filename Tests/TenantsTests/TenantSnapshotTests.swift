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
        let key = APIKey.new()
        let caller = Caller(tenant: .new(), shard: 3, key: .new(), expiresAt: expiry)
        let snapshot = TenantSnapshot(version: 1, keys: [(key.hash, caller)])
        #expect(snapshot.caller(key.hash, now: Self.now)?.key == (isValid ? caller.key : nil))
        #expect(snapshot.caller(APIKey.new().hash, now: Self.now) == nil)
    }

    @Test func aNameBelongsToItsTenant() {
        let tenants = [TenantID.new(), .new()]
        let destinations = tenants.enumerated().map { index, tenant in
            Destination(
                tenant: tenant, id: .new(), lane: LaneID(shard: 0, number: Int64(index)),
                settings: DestinationSettings(name: "same", baseURL: "http://\(index)"))
        }
        let snapshot = TenantSnapshot(destinations: destinations)
        for destination in destinations {
            #expect(snapshot.destination(named: "same", of: destination.tenant)?.id == destination.id)
            #expect(snapshot.destination(destination.lane)?.id == destination.id)
        }
        #expect(snapshot.destination(named: "same", of: .new()) == nil)
        #expect(snapshot.destination(named: "other", of: tenants[0]) == nil)
        #expect(snapshot.destination(LaneID(shard: 1, number: 0)) == nil)
    }
}
