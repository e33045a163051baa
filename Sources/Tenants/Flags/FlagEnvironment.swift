package import FoundationEssentials
package import Model

/// Whose flags: a tenant has a set of them for each of its environments.
package struct FlagEnvironment: Sendable, Hashable {
    /// Of keys and routes that name no other.
    package static let standard = "production"
    /// Environments of a tenant. Every process holds all flags of all of them.
    package static let limit: Int32 = 20

    package let tenant: TenantID
    package let shard: Int16
    package let name: String

    package init(tenant: TenantID, shard: Int16, name: String = Self.standard) {
        self.tenant = tenant
        self.shard = shard
        self.name = name
    }

    /// The gateway's own flags, which switch what it does for tenants: of the tenant of all zeros, which is none.
    package static let gateway = FlagEnvironment(tenant: TenantID(zeros), shard: 0, name: "gateway")

    private static let zeros = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
}

/// Who changes flags, and why; kept with the revision.
package struct FlagAuthor: Sendable, Hashable {
    package static let reasonLimit = 1_000

    package let actor: String
    package let reason: String?

    package init(_ actor: String, reason: String? = nil) { (self.actor, self.reason) = (actor, reason) }
}
