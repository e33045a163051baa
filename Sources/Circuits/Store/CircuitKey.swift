package import Model

/// Which circuit: a destination's, and where its tenant lives.
package struct CircuitKey: Sendable, Hashable {
    package let shard: Int16
    package let tenant: TenantID
    package let destination: DestinationID

    package init(shard: Int16, tenant: TenantID, destination: DestinationID) {
        self.shard = shard
        self.tenant = tenant
        self.destination = destination
    }
}
