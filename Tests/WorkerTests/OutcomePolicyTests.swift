import Model
import Requests
import Tenants
import Testing

@testable import Worker

struct OutcomePolicyTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let status: Int
        let retryAfter: String?
        let verdict: Verdict
        /// Without jitter, after the first attempt.
        let wait: Duration?

        init(_ status: Int, retryAfter: String? = nil, _ verdict: Verdict, wait: Duration? = nil) {
            self.status = status
            self.retryAfter = retryAfter
            self.verdict = verdict
            self.wait = wait
        }

        var testDescription: String { "\(status) \(retryAfter ?? "")" }
    }

    @Test(arguments: [
        Case(200, .delivered), Case(204, .delivered), Case(301, .dead), Case(400, .dead), Case(410, .dead),
        Case(501, .dead), Case(408, .retry, wait: .seconds(1)), Case(500, .retry, wait: .seconds(1)),
        Case(503, retryAfter: "30", .retry, wait: .seconds(30)),
        Case(429, retryAfter: "Tue, 14 Nov 2023 22:14:20 GMT", .retry, wait: .seconds(60)),
        Case(429, retryAfter: "0", .retry, wait: .seconds(1)), Case(503, retryAfter: "soon", .retry, wait: .seconds(1)),
        Case(503, retryAfter: "86400", .retry, wait: .seconds(3_600)),
    ])
    func responses(_ row: Case) {
        var response = CollectedResponse(status: row.status, retryAfter: row.retryAfter)
        response.body = [1, 2]
        response.head.append("a", "b")
        let outcome = policy(attempt: 1).outcome(response, latency: .milliseconds(5))
        #expect(outcome.verdict == row.verdict)
        #expect(outcome.retryIn == row.wait)
        #expect(outcome.attemptClass == AttemptClass(status: row.status))
        #expect(outcome.status == Int16(row.status))
        #expect(outcome.responseBody == [1, 2] && outcome.responseHead == "a: b\n")
        #expect(outcome.latency == .milliseconds(5))
    }

    /// Of three attempts.
    @Test(arguments: [(1, .retry, 1), (2, .retry, 2), (3, .dead, nil), (4, .dead, nil)] as [(Int16, Verdict, Int?)])
    func theLastAttemptIsTheLast(_ attempt: Int16, _ verdict: Verdict, _ seconds: Int?) {
        let failure = policy(attempt: attempt).outcome(AttemptFailure(.timeout, "late"), latency: .zero)
        #expect(failure.verdict == verdict)
        #expect(failure.retryIn == seconds.map { .seconds($0) })
        #expect(failure.error == "late" && failure.status == nil)
        let response = policy(attempt: attempt).outcome(CollectedResponse(status: 500), latency: .zero)
        #expect(response.verdict == verdict)
    }

    @Test(arguments: AttemptClass.allCases)
    func failuresAreRetriedByTheirClass(_ attemptClass: AttemptClass) {
        let outcome = policy(attempt: 1).outcome(AttemptFailure(attemptClass, ""), latency: .zero)
        let expected: Verdict =
            switch attemptClass {
            case .delivered: .delivered
            case .returned: .returned
            default: attemptClass.isRetryable ? .retry : .dead
            }
        #expect(outcome.verdict == expected)
    }

    private func policy(attempt: Int16) -> OutcomePolicy {
        var settings = DestinationSettings(name: "a", baseURL: "http://a")
        settings.retry.maxAttempts = 3
        return OutcomePolicy(settings: settings, attempt: attempt, now: 1_700_000_000, jitter: 0.5)
    }
}
