import Model
import Testing

/// The table "What counts as a failure" of the circuits' design, as far as it is about requests.
struct OutcomeTests {
    struct Case: Sendable {
        let statuses: [ClosedRange<Int>]
        let attemptClass: AttemptClass
        let isRetried: Bool

        init(_ statuses: ClosedRange<Int>..., is attemptClass: AttemptClass, retried: Bool) {
            self.statuses = statuses
            self.attemptClass = attemptClass
            isRetried = retried
        }
    }

    static let table = [
        Case(200...299, is: .delivered, retried: false),
        Case(300...399, is: .redirected, retried: false),
        Case(400...407, 409...424, 426...428, 430...499, is: .rejected, retried: false),
        Case(408...408, 425...425, is: .transient, retried: true),
        Case(429...429, 529...529, is: .throttled, retried: true),
        Case(500...500, is: .serverError, retried: true),
        Case(501...501, 505...506, 508...508, 510...510, is: .unsupported, retried: false),
        Case(502...504, 507...507, 511...511, 520...527, is: .unavailable, retried: true),
    ]

    @Test(arguments: table)
    func statuses(_ row: Case) {
        for status in row.statuses.joined() {
            #expect(AttemptClass(status: status) == row.attemptClass, "\(status)")
            #expect(AttemptClass(status: status).isRetryable == row.isRetried, "\(status)")
        }
    }

    @Test(arguments: [0, 99, 199, 600, 999])
    func whatIsNoFinalStatusIsRejected(_ status: Int) {
        #expect(AttemptClass(status: status) == .rejected)
    }

    @Test func everyLocalFailureIsRetriedButThatOfTheRequestItself() {
        let local: [AttemptClass] = [
            .nameNotFound, .resolverFailed, .connectRefused, .connectTimeout, .connectFailed, .tls, .reset, .timeout,
            .malformed, .lost,
        ]
        #expect(local.filter { !$0.isRetryable } == [])
        #expect([AttemptClass.expired, .cancelled, .returned, .unsendable].filter { $0.isRetryable } == [])
    }

    @Test func finalVerdicts() {
        #expect(Verdict.allCases.filter(\.isFinal) == [.delivered, .dead, .expired, .cancelled])
    }
}
