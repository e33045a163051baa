import FoundationEssentials
import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

struct ReportTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let verdict: Verdict
        let attemptClass: AttemptClass
        /// What the view says afterwards.
        let state: String
        let attempts: Int16
        /// Rows in ready, attempt and dead_letter.
        let rows: [Int64]

        var testDescription: String { verdict.rawValue }
    }

    @Test(arguments: [
        Case(verdict: .delivered, attemptClass: .delivered, state: "delivered", attempts: 1, rows: [0, 1, 0]),
        Case(verdict: .dead, attemptClass: .rejected, state: "dead", attempts: 1, rows: [0, 1, 1]),
        Case(verdict: .expired, attemptClass: .expired, state: "expired", attempts: 1, rows: [0, 1, 0]),
        Case(verdict: .cancelled, attemptClass: .cancelled, state: "cancelled", attempts: 1, rows: [0, 1, 0]),
        Case(verdict: .retry, attemptClass: .timeout, state: "scheduled", attempts: 1, rows: [1, 1, 0]),
        Case(verdict: .returned, attemptClass: .returned, state: "waiting", attempts: 0, rows: [1, 0, 0]),
    ])
    func putsTheDeliveryInItsPlace(_ row: Case) async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let request = NewRequest(to: destination)
            try await site.add([request])
            #expect(try await site.client.state(request.id) == "waiting")
            let claimed = try await site.claim()
            #expect(try await site.client.state(request.id) == "in_flight")

            let counted = try await site.report(claimed, row.verdict, row.attemptClass, retryIn: .seconds(60))
            #expect(counted == [true])
            let record = try #require(
                try await RequestReader(site.client).find(request.id, tenant: request.tenant, shard: Site.shard))
            let delivery = try #require(record.deliveries.first)
            #expect(record.deliveries.count == 1)
            #expect(delivery.state == row.state)
            #expect(delivery.attempts == row.attempts)
            #expect(record.attempts.map(\.attemptClass) == (row.rows[1] == 1 ? [row.attemptClass.rawValue] : []))
            for (table, count) in zip(["ready", "attempt", "dead_letter"], row.rows) {
                #expect(try await site.client.count("sluice.\(table)") == count, "\(table)")
            }
            #expect(try await site.client.count("sluice.in_flight") == 0)
        }
    }

    @Test func keepsWhatTheDestinationSaid() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let request = NewRequest(to: destination)
            try await site.add([request])
            let claimed = try #require(try await site.claim().first)
            var outcome = Outcome(.retry, .unavailable, latency: .milliseconds(1_234))
            outcome.retryIn = .seconds(30)
            outcome.status = 503
            outcome.error = "no"
            outcome.responseHead = "Retry-After: 30\n"
            outcome.responseBody = [0, 255, 10]
            _ = try await site.deliveries.report([Report(claimed, outcome)], within: .seconds(10))

            let record = try #require(
                try await RequestReader(site.client).find(request.id, tenant: request.tenant, shard: Site.shard))
            let attempt = try #require(record.attempts.first)
            #expect(attempt.number == 1)
            #expect(attempt.verdict == "retry")
            #expect(attempt.status == 503)
            #expect(attempt.latencyMicroseconds == 1_234_000)
            #expect(attempt.error == "no")
            #expect(attempt.responseHead == "Retry-After: 30\n")
            #expect(attempt.responseBody == [0, 255, 10])
            #expect(attempt.nextDueAt == attempt.finishedAt + .seconds(30))
            // By it the view finds the waiting row without a scan of the lane.
            #expect(attempt.nextDueAt == record.deliveries.first?.dueAt)
        }
    }

    @Test func aReturnedDeliveryKeepsItsPlaceInTheQueue() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            let first = NewRequest(to: destination)
            try await site.add([first])
            try await site.add(3, to: destination)
            let due: Timestamp = try await site.client.value(
                Statement("SELECT due_at FROM sluice.ready WHERE request_id = $1"), Parameters(first.id.uuid))
            for _ in 0..<3 {
                let claimed = try await site.claim { $0.rows = 1 }
                #expect(claimed.map(\.request) == [first.id])
                #expect(claimed.map(\.attempt) == [1])
                try await site.report(claimed, .returned, .returned)
            }
            let kept: Timestamp = try await site.client.value(
                Statement("SELECT due_at FROM sluice.ready WHERE request_id = $1"), Parameters(first.id.uuid))
            #expect(kept == due)
        }
    }

    @Test func aBatchMayHoldEveryVerdict() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            try await site.add(60, to: destination)
            let claimed = try await site.claim()
            let verdicts = Verdict.allCases
            let reports = claimed.enumerated().map { index, delivery in
                var outcome = Outcome(verdicts[index % verdicts.count], .serverError)
                if outcome.verdict == .retry { outcome.retryIn = .seconds(5) }
                return Report(delivery, outcome)
            }
            let counted = try await site.deliveries.report(reports, within: .seconds(10))
            #expect(counted.count == 60 && counted.allSatisfy { $0 })
            #expect(try await site.client.count("sluice.ready") == 20)
            #expect(try await site.client.count("sluice.attempt") == 50)
            #expect(try await site.client.count("sluice.dead_letter") == 10)
        }
    }
}
