import Model
import Postgres
import Requests
import SQL
import Tenants
import TestSupport
import Testing

struct IdempotencyTests {
    static let key = Idempotency(key: Array("key".utf8), fingerprint: Array("one".utf8))
    static let otherPayload = Idempotency(key: Array("key".utf8), fingerprint: Array("two".utf8))

    /// Place, id of the request that has the key, and whether the payload is the same; of items that were not stored.
    struct Refusal: Equatable {
        let place: Int32
        let owner: RequestID
        let isSamePayload: Bool
    }

    private func store(
        _ requests: [NewRequest], in site: Site, keyWindow: Duration = .seconds(3600), again: Bool = false
    ) async throws -> [Refusal] {
        let rows = try await site.client.execute(
            SQL["requests.store"], Parameters(storing: requests, keyWindow: keyWindow, again: again))
        return try rows.map { row in
            Refusal(place: try row.decode(0), owner: RequestID(try row.decode(1)), isSamePayload: try row.decode(2))
        }
    }

    @Test func repeatsAndConflictsAreToldApart() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let first = NewRequest(to: destination, idempotency: Self.key)
            #expect(try await store([first], in: site).isEmpty)

            let batch = [
                NewRequest(to: destination), NewRequest(to: destination, idempotency: Self.key),
                NewRequest(to: destination, idempotency: Self.otherPayload),
            ]
            let refusals = try await store(batch, in: site)
            #expect(
                refusals.sorted { $0.place < $1.place } == [
                    Refusal(place: 2, owner: first.id, isSamePayload: true),
                    Refusal(place: 3, owner: first.id, isSamePayload: false),
                ])
            #expect(try await site.client.count("sluice.request") == 2)
            #expect(try await site.client.backlog(destination.lane) == 2)
        }
    }

    @Test func theFirstOfABatchHasTheKey() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let batch = [Self.key, Self.key, Self.otherPayload].map { NewRequest(to: destination, idempotency: $0) }
            let refusals = try await store(batch, in: site)
            #expect(Set(refusals.map(\.place)) == [2, 3])
            #expect(refusals.allSatisfy { $0.owner == batch[0].id })
            #expect(try await site.client.count("sluice.request") == 1)
            // The whole batch again, as after a commit in doubt, says the same.
            let again = try await store(batch, in: site, again: true)
            #expect(Set(again.map(\.place)) == [2, 3])
            #expect(try await site.client.backlog(destination.lane) == 1)
        }
    }

    @Test func keysDoNotCrossTenants() async throws {
        try await withSite { site in
            let destinations = [
                try await site.destination(of: try await site.tenant("a")),
                try await site.destination(of: try await site.tenant("b")),
            ]
            let batch = destinations.map { NewRequest(to: $0, idempotency: Self.key) }
            #expect(try await store(batch, in: site).isEmpty)
            #expect(try await site.client.count("sluice.request") == 2)
        }
    }

    @Test func anExpiredKeyMayBeUsedAnew() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            _ = try await store([NewRequest(to: destination, idempotency: Self.key)], in: site, keyWindow: .zero)
            let second = NewRequest(to: destination, idempotency: Self.otherPayload)
            #expect(try await store([second], in: site).isEmpty)
            let third = try await store([NewRequest(to: destination, idempotency: Self.otherPayload)], in: site)
            #expect(third == [Refusal(place: 1, owner: second.id, isSamePayload: true)])
            #expect(try await site.client.count("sluice.request") == 2)
        }
    }

    /// Both batches hold the key; the one that comes second waits for the first to commit, and finds it.
    @Test func concurrentBatchesWithTheSameKeyStoreOne() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let batches = (0..<2).map { _ in
                (0..<20).map { i in
                    NewRequest(to: destination, idempotency: Idempotency(key: Array("\(i)".utf8), fingerprint: [1]))
                }
            }
            // The other way round, so that locking in the order of the batch would be a deadlock.
            async let first = store(batches[0], in: site)
            async let second = store(batches[1].reversed(), in: site)
            let refusals = try await (first, second)
            #expect(refusals.0.count + refusals.1.count == 20)
            #expect(try await site.client.count("sluice.request") == 20)
        }
    }
}
