import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

struct CancelTests {
    private func cancel(_ request: NewRequest, _ site: Site) async throws -> RequestSteering.Cancellation? {
        try await RequestSteering(site.client).cancel(
            request.id, tenant: request.tenant, shard: Site.shard, actor: "test")
    }

    @Test(arguments: ["waiting", "scheduled", "held", "retried"])
    func endsWhatWaits(_ state: String) async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let now = try await site.client.now()
            let request = NewRequest(to: destination, dueAt: state == "scheduled" ? now + .seconds(60) : nil)
            try await site.add([request])
            if state == "held" { try await site.client.setGate("hold", destination.lane) }
            if state == "retried" {
                try await site.report(try await site.claim(), .retry, .timeout, retryIn: .seconds(9))
            }
            #expect(try await cancel(request, site) == .init(cancelled: 1, stopping: 0))
            #expect(try await site.client.state(request.id) == "cancelled")
            #expect(try await site.client.backlog(destination.lane) == 0)
            #expect(try await cancel(request, site) == .init(cancelled: 0, stopping: 0))
            #expect(try await site.claim().isEmpty)
        }
    }

    @Test(arguments: [
        (Verdict.retry, "cancelled"), (.dead, "cancelled"), (.returned, "cancelled"), (.delivered, "delivered"),
        (.expired, "expired"),
    ])
    func anAttemptUnderWayIsTheLast(_ verdict: Verdict, _ state: String) async throws {
        try await withSite { site in
            let request = NewRequest(to: try await site.destination())
            try await site.add([request])
            let claimed = try await site.claim()
            #expect(try await cancel(request, site) == .init(cancelled: 0, stopping: 1))
            #expect(try await site.client.state(request.id) == "in_flight")
            #expect(try await site.report(claimed, verdict, .timeout) == [true])
            #expect(try await site.client.state(request.id) == state)
            for table in ["ready", "in_flight", "dead_letter"] {
                #expect(try await site.client.count("sluice.\(table)") == 0, "\(table)")
            }
        }
    }

    @Test func aLostAttemptIsTheLast() async throws {
        try await withSite { site in
            let request = NewRequest(to: try await site.destination())
            try await site.add([request])
            _ = try await site.claim()
            _ = try await cancel(request, site)
            try await site.client.expireLeases()
            #expect(try await site.deliveries.rescue(.only) == 1)
            #expect(try await site.client.state(request.id) == "cancelled")
            #expect(try await site.client.count("sluice.ready") == 0)
        }
    }

    @Test func changesNothingThatHasEnded() async throws {
        try await withSite { site in
            let request = NewRequest(to: try await site.destination())
            try await site.add([request])
            try await site.report(try await site.claim(), .delivered)
            #expect(try await cancel(request, site) == .init(cancelled: 0, stopping: 0))
            #expect(try await site.client.state(request.id) == "delivered")
        }
    }

    @Test func othersAreUnknown() async throws {
        try await withSite { site in
            let request = NewRequest(to: try await site.destination())
            try await site.add([request])
            let (steering, other) = (RequestSteering(site.client), try await site.tenant("other"))
            #expect(try await steering.cancel(request.id, tenant: other, shard: Site.shard, actor: "x") == nil)
            #expect(try await steering.cancel(.new(), tenant: request.tenant, shard: Site.shard, actor: "x") == nil)
            #expect(
                try await steering.replay(request.id, tenant: other, shard: Site.shard, actor: "x") == .unknown)
            #expect(try await site.client.state(request.id) == "waiting")
        }
    }

    /// A claim never takes a delivery that a cancel, not yet committed, has ended.
    @Test func aClaimPassesByALaneInWhichACancelIsUnderWay() async throws {
        try await withSite(connections: 3) { site in
            let destination = try await site.destination()
            let requests = [NewRequest(to: destination), NewRequest(to: destination)]
            try await site.add(requests)
            try await site.client.withTransaction { lease in
                try await lease.execute(
                    Statement("SELECT * FROM sluice.cancel_request($1, $2, $3, 'test')"),
                    Parameters(Site.shard, destination.tenant.uuid, requests[0].id.uuid))
                #expect(try await site.claim().isEmpty)
            }
            #expect(try await site.claim().map(\.request) == [requests[1].id])
            #expect(try await site.client.state(requests[0].id) == "cancelled")
        }
    }
}
