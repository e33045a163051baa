import HTTPTypes

/// What a tenant's rate leaves it, as the fields RateLimit-Policy and RateLimit say it (structured fields of
/// draft-ietf-httpapi-ratelimit-headers): its quota and in how many seconds that comes, what is left and when all of it
/// is back.
struct RateAllowance: Sendable, Hashable {
    let quota: Int
    let window: Int
    let remaining: Int
    let untilFull: Int

    var fields: HTTPFields {
        [
            .rateLimitPolicy: #""ingest";q=\#(quota);w=\#(window)"#,
            .rateLimit: #""ingest";r=\#(remaining);t=\#(untilFull)"#,
        ]
    }
}

extension Answer {
    func telling(_ allowance: RateAllowance?) -> Answer {
        guard let allowance else { return self }
        var answer = self
        answer.head.headerFields.append(contentsOf: allowance.fields)
        return answer
    }
}
