package import Model

/// What a health check looks at, how often, and what it does to the circuit. The database checks the ranges given here.
package struct HealthCheckDefinition: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        case http, tcp, tls
    }

    package let id: HealthCheckID
    package let shard: Int16
    package let tenant: TenantID
    package let destination: DestinationID
    package var kind: Kind
    /// The URL of an HTTP check; `host:port` of the others, an IPv6 address in brackets.
    package var target: String
    /// Of an HTTP check.
    package var exchange = HTTPExchange()
    /// From the start of a check to the end of the answer; 10 ms to a minute.
    package var timeout = Duration.seconds(5)
    package var overrides = HealthCheckSettings.Overrides()
    /// Statuses that bring the destination down at once; up to 32.
    package var decisive: [Int16] = []
    package var policy = HealthPolicy.canary
    /// For operators to give: when a check with this key rises, those of the same key that are down run at once.
    package var sharedKey: String?

    package init(
        id: HealthCheckID = .new(), shard: Int16, tenant: TenantID, destination: DestinationID, kind: Kind,
        target: String
    ) {
        self.id = id
        self.shard = shard
        self.tenant = tenant
        self.destination = destination
        self.kind = kind
        self.target = target
    }

    package func settings() throws(PolicyError) -> HealthCheckSettings {
        var settings = try HealthCheckSettings().applying(overrides)
        settings.decisive = Set(decisive.map(Int.init))
        return settings
    }
}

/// What an HTTP check sends, and what it wants to hear. Redirects are not followed.
package struct HTTPExchange: Sendable, Hashable {
    package var method = "GET"
    package var headers = HeaderLines()
    /// Up to 32; empty: any 2xx.
    package var statuses: [Int16] = []
    /// Up to 1 KiB, compared byte for byte with the first 64 KiB of the body; nil: any body.
    package var bodyContains: String?

    package init() {}
}
