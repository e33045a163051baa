import Model

/// The part of a snapshot that has the flags.
struct SnapshotFlags: Sendable {
    private var byID = PartedDictionary<FlagSetID, FlagSnapshot>()
    private var byEnvironment = PartedDictionary<FlagEnvironment, FlagSnapshot>()

    subscript(environment: FlagEnvironment) -> FlagSnapshot? { byEnvironment[environment] }

    mutating func put(_ set: FlagSnapshot) {
        byID[set.contents.id] = set
        byEnvironment[set.contents.environment] = set
    }

    mutating func remove(_ id: FlagSetID) {
        guard let set = byID[id] else { return }
        byID[id] = nil
        byEnvironment[set.contents.environment] = nil
    }

    mutating func remove(_ tenant: TenantID) {
        for set in byID.values(where: { $0.contents.environment.tenant == tenant }) { remove(set.contents.id) }
    }
}
