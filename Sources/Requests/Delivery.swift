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
    /// Of the destination's circuit when it was claimed.
    package let epoch: Int64
    /// Its request's `expires_at` had passed when it was claimed, by the database's clock: it is not sent.
    package let isExpired: Bool
    package let method: String
    package let path: String
    package let query: String?
    package let headers: HeaderLines
    package let body: [UInt8]
    /// nil: no rollout chose its way.
    package let rollout: RolloutMark?

    /// What it weighs while it is in memory.
    package var bytes: Int { body.count + headers.text.utf8.count + 512 }

    package init(
        lane: LaneID, tenant: TenantID, request: RequestID, token: Int64, attempt: Int16, epoch: Int64, isExpired: Bool,
        method: String, path: String, query: String?, headers: HeaderLines, body: [UInt8], rollout: RolloutMark? = nil
    ) {
        self.lane = lane
        self.tenant = tenant
        self.request = request
        self.token = token
        self.attempt = attempt
        self.epoch = epoch
        self.isExpired = isExpired
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.rollout = rollout
    }
}

/// How an attempt ended.
package struct Outcome: Sendable {
    package var verdict: Verdict
    package var attemptClass: AttemptClass
    package var latency: Duration
    package var retryIn: Duration?
    /// What the destination asked for.
    package var retryAfter: Duration?
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
    /// nil: the destination is not known any more.
    package let mark: DestinationMark?

    package init(_ delivery: Delivery, _ outcome: Outcome, mark: DestinationMark? = nil) {
        lane = delivery.lane
        request = delivery.request
        token = delivery.token
        self.outcome = outcome
        self.mark = mark
    }

    /// What it weighs in a batch.
    package var bytes: Int { (outcome.responseBody?.count ?? 0) + (outcome.responseHead?.utf8.count ?? 0) + 256 }
}

/// What an outcome says of its destination.
package struct DestinationMark: Sendable {
    package let destination: DestinationID
    /// A word that `report` knows: ok, fail, lasting, server_error, unresolved, pushback or ignored.
    package let signal: String
    package let isSlow: Bool

    package init(_ destination: DestinationID, signal: String, isSlow: Bool) {
        self.destination = destination
        self.signal = signal
        self.isSlow = isSlow
    }
}
