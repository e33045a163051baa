import FoundationEssentials
import Model
import Postgres
import Requests
import SQL
import Tenants
import TestSupport
import Testing

struct StoreTests {
    @Test func keepsEveryByte() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            var headers = HeaderLines()
            headers.append("X-Odd", " naïve ☃ \u{7f}")
            headers.append("x-odd", "")
            let body = (0...255).map { UInt8($0) } + Array("\r\n\0".utf8)
            let request = NewRequest(
                id: .new(), tenant: destination.tenant, addressee: .destination(destination.id, lane: destination.lane),
                method: "PROPFIND", path: "/a%2Fb/%zz/|[]\"\\", query: "q=%00&=&a=1&a=2", headers: headers, body: body)
            try await site.add([request])

            let delivery = try #require(try await site.claim().first)
            #expect(delivery.request == request.id)
            #expect(delivery.method == "PROPFIND")
            #expect(delivery.path == "/a%2Fb/%zz/|[]\"\\")
            #expect(delivery.query == "q=%00&=&a=1&a=2")
            #expect(delivery.headers == headers)
            #expect(delivery.body == body)
            #expect(delivery.attempt == 1)
            #expect(!delivery.isExpired)
        }
    }

    @Test func tellsAnEmptyQueryFromNone() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            for query in [nil, ""] as [String?] {
                let request = NewRequest(
                    id: .new(), tenant: destination.tenant,
                    addressee: .destination(destination.id, lane: destination.lane),
                    method: "GET", path: "", query: query, headers: HeaderLines(), body: [])
                try await site.add([request])
                let delivery = try #require(try await site.claim().first)
                #expect(delivery.query == query)
                #expect(delivery.path.isEmpty && delivery.body.isEmpty)
            }
        }
    }

    /// How a commit in doubt is settled: by saying it again.
    @Test func aBatchAgainStoresOnlyWhatIsMissing() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let key = Idempotency(key: Array("k".utf8), fingerprint: Array("f".utf8))
            let batch = (0..<50).map { NewRequest(to: destination, idempotency: $0 == 0 ? key : nil) }
            try await site.add(Array(batch[..<30]))
            let refusal = await #expect(throws: PostgresError.self) { try await site.add(batch) }
            #expect(refusal?.sqlState == "23505")
            #expect(try await site.client.count("sluice.request") == 30)
            try await site.add(batch, again: true)
            #expect(try await site.client.count("sluice.request") == 50)
            #expect(try await site.client.backlog(destination.lane) == 50)
        }
    }

    /// Also when the first were claimed, or even delivered, in between.
    @Test func theSameBatchAfterItsDeliveryStoresNothing() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let batch = (0..<3).map { _ in NewRequest(to: destination) }
            try await site.add(batch)
            try await site.report(try await site.claim { $0.rows = 2 }, .delivered)
            #expect(try await site.claim { $0.rows = 1 }.count == 1)
            try await site.add(batch, again: true)
            #expect(try await site.client.backlog(destination.lane) == 0)
            #expect(try await site.claim().isEmpty)
        }
    }

    @Test func isDueByTheDatabasesClock() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let future = try await site.client.now() + .seconds(3600)
            let later = NewRequest(to: destination, dueAt: future)
            let now = NewRequest(to: destination)
            try await site.add([later, now])

            #expect(try await site.claim().map(\.request) == [now.id])
            #expect(try await site.claim().isEmpty)
            #expect(try await site.client.state(later.id) == "scheduled")
            let next: Timestamp? = try await site.client.value(Statement("SELECT next_due_at FROM sluice.lane"))
            #expect(next == future)
        }
    }

    @Test func anExpiredRequestIsClaimedAsSuch() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let past = try await site.client.now() + .seconds(-1)
            try await site.add([NewRequest(to: destination, expiresAt: past)])
            #expect(try await site.claim().map(\.isExpired) == [true])
        }
    }
}
