package import Model

/// Where requests go, and how.
package struct Destination: Sendable {
    package let tenant: TenantID
    package let id: DestinationID
    /// Its only lane, or the first of an ordered destination.
    package let lane: LaneID
    /// Of an ordered destination, in their order.
    let furtherLanes: [LaneID]
    package let settings: DestinationSettings
    /// Grows with each change; the ETag of its document.
    package let version: Int64
    /// What becomes of its backlog while it is being deleted; nil: it is not.
    package let deletion: Backlog?

    /// What becomes of waiting deliveries when their destination is deleted.
    package enum Backlog: String, Sendable, CaseIterable {
        /// They keep the destination from being deleted.
        case refuse
        /// They are delivered first.
        case drain
        case cancel
    }

    package init(
        tenant: TenantID, id: DestinationID, lane: LaneID, furtherLanes: [LaneID] = [], settings: DestinationSettings,
        version: Int64 = 1, deletion: Backlog? = nil
    ) {
        self.tenant = tenant
        self.id = id
        self.lane = lane
        self.furtherLanes = furtherLanes
        self.settings = settings
        self.version = version
        self.deletion = deletion
    }
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
    /// Deliveries go out in order within each of so many lanes, one at a time; 1 to 64. nil: in no order. Chosen once.
    package var orderedLanes: Int32? { didSet { maxInFlight = orderedLanes ?? maxInFlight } }
    package var retry = RetryPolicy()
    /// Up to two: during a rotation requests bear both signatures. None: requests are not signed.
    package var signingKeys: [SigningKey] = []
    /// Added to each request, in place of fields of the same names. Their values are secret: they often are API keys.
    package var headers = HeaderLines()
    package var auth = DestinationAuth.none
    package var tls = DestinationTLS()
    /// Why its secrets can't be read here; nothing is sent then.
    package var fault: String?

    package init(name: String, baseURL: String) {
        self.name = name
        self.baseURL = baseURL
    }
}
