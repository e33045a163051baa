import Model
import Postgres
import Tenants
import Testing

@testable import API

struct FlagStreamsTests {
    private static let tenant = TenantID.new()
    private static let caller = Caller(tenant: tenant, shard: 7, key: .new())

    /// In which the caller's key is good.
    private static func snapshot() -> TenantSnapshot {
        TenantSnapshot(
            tenants: [Tenant(id: tenant, name: "a", shard: 7)], keys: [(APIKey.new().hash, caller)])
    }

    private func streams(limit: Int = FlagStreams.limit) -> FlagStreams {
        let snapshot = Self.snapshot()
        return FlagStreams(jitter: .zero, limit: limit) { snapshot }
    }

    @Test func noMoreAreOpenedThanMayBeUntilOneEnds() throws {
        let streams = streams(limit: 2)
        var listeners = try (0..<2).map { _ in try #require(streams.open(Self.caller, last: nil)) }
        #expect(streams.open(Self.caller, last: nil) == nil)
        // Who goes away without a word leaves its place when its end of the wire goes.
        listeners.removeLast()
        #expect(streams.open(Self.caller, last: nil) != nil)
        #expect(listeners.count == 1)
    }

    @Test func aSignOfLifeComesWhenNothingElseDoes() async throws {
        let streams = streams()
        let listener = try #require(streams.open(Self.caller, last: nil))
        streams.look(now: .now)
        streams.look(now: .now + FlagStreams.heartbeat + .seconds(1))
        var versions = listener.versions.makeAsyncIterator()
        #expect(await versions.next() == listener.version)
        streams.end()
        #expect(await versions.next() == nil)
        #expect(streams.open(Self.caller, last: nil) == nil, "the process stops")
    }
}
