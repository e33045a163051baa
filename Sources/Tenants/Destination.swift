package import Model

/// Where requests go, and how.
package struct Destination: Sendable {
    package let tenant: TenantID
    package let id: DestinationID
    package let lane: LaneID
    package let settings: DestinationSettings
}

/// What may be chosen for a destination. The database checks the ranges given here.
package struct DestinationSettings: Sendable, Hashable {
    package var name: String
    /// `http` or `https`; paths of requests are appended to it.
    package var baseURL: String
    /// 10 ms to a minute.
    package var connectTimeout = Duration.seconds(5)
    /// From the start of an attempt to the end of the response's body; 10 ms to 5 minutes.
    package var timeout = Duration.seconds(30)
    /// Attempts under way at the same time, over all workers; 1 to 10,000.
    package var maxInFlight: Int32 = 64
    /// Attempts a second, over all workers; nil is no limit.
    package var ratePerSecond: Double?
    package var rateBurst: Int32 = 1
    /// 1 to 100.
    package var maxAttempts: Int16 = 12
    package var backoff = Backoff(base: .seconds(1), cap: .seconds(3600))
    /// Key of the Standard Webhooks signature, 24 to 64 bytes; nil: requests are not signed.
    package var signingSecret: [UInt8]?

    package init(name: String, baseURL: String) {
        self.name = name
        self.baseURL = baseURL
    }
}
