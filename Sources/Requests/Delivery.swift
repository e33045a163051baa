package import Model

/// A delivery that this worker has claimed, with the request to send.
package struct Delivery: Sendable {
    package let lane: LaneID
    package let tenant: TenantID
    package let request: RequestID
    /// Fence of the claim; its report must carry it.
    package let token: Int64
    /// Number of this attempt, from 1.
    package let attempt: Int16
    /// Its request's `expires_at` had passed when it was claimed, by the database's clock: it is not sent.
    package let isExpired: Bool
    package let method: String
    package let path: String
    package let query: String?
    package let headers: HeaderLines
    package let body: [UInt8]

    /// What it weighs while it is in memory.
    package var bytes: Int { body.count + headers.text.utf8.count + 512 }

    package init(
        lane: LaneID, tenant: TenantID, request: RequestID, token: Int64, attempt: Int16, isExpired: Bool,
        method: String, path: String, query: String?, headers: HeaderLines, body: [UInt8]
    ) {
        self.lane = lane
        self.tenant = tenant
        self.request = request
        self.token = token
        self.attempt = attempt
        self.isExpired = isExpired
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }
}

/// How an attempt ended.
package struct Outcome: Sendable {
    package var verdict: Verdict
    package var attemptClass: AttemptClass
    package var latency: Duration
    package var retryIn: Duration?
    package var status: Int16?
    package var error: String?
    /// Headers of the response, one a line.
    package var responseHead: String?
    package var responseBody: [UInt8]?

    package init(_ verdict: Verdict, _ attemptClass: AttemptClass, latency: Duration = .zero) {
        self.verdict = verdict
        self.attemptClass = attemptClass
        self.latency = latency
    }
}

package struct Report: Sendable {
    package let lane: LaneID
    package let request: RequestID
    package let token: Int64
    package let outcome: Outcome

    package init(_ delivery: Delivery, _ outcome: Outcome) {
        lane = delivery.lane
        request = delivery.request
        token = delivery.token
        self.outcome = outcome
    }

    /// What it weighs in a batch.
    package var bytes: Int { (outcome.responseBody?.count ?? 0) + (outcome.responseHead?.utf8.count ?? 0) + 256 }
}
