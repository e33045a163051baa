package import Model
package import Postgres

/// A health check with its opinion, as it is stored and shown.
package struct HealthRecord: Sendable, Hashable {
    package let definition: HealthCheckDefinition
    package let check: HealthCheck
    /// The opinion that the circuit was last told.
    package let told: HealthCheck.Health
    package let lastAt: Timestamp?
    package let lastLatency: Duration?
    /// What was wrong with the last result.
    package let lastError: String?
}

/// A check that this process alone runs until the lease is over.
package struct HealthLease: Sendable {
    package let record: HealthRecord
    /// Fence of the lease: its result must carry it.
    package let token: Int64
    let leasedAt: Timestamp
    let received: ContinuousClock.Instant

    /// The database's time, carried on by this process's monotonic clock.
    package var now: Timestamp { leasedAt + (.now - received) }
}

/// What one run of a check found.
package struct HealthReport: Sendable, Hashable {
    package let result: HealthCheck.Result
    package let latency: Duration
    /// For the tenant; nil where nothing was wrong. The first 500 characters are kept.
    package let error: String?

    package init(_ result: HealthCheck.Result, latency: Duration, error: String? = nil) {
        self.result = result
        self.latency = latency
        self.error = error
    }
}

/// What a destination's circuit must hear. It may come twice.
package struct HealthChange: Sendable, Hashable {
    package let check: HealthCheckID
    package let shard: Int16
    package let tenant: TenantID
    package let destination: DestinationID
    package let isUp: Bool
    package let policy: HealthPolicy

    /// nil while there is no opinion.
    package init?(_ definition: HealthCheckDefinition, _ health: HealthCheck.Health) {
        guard health != .unknown else { return nil }
        check = definition.id
        shard = definition.shard
        tenant = definition.tenant
        destination = definition.destination
        isUp = health == .up
        policy = definition.policy
    }
}
