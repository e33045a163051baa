import FoundationEssentials
import Model
import Postgres

/// What the log of changes says after some version, in order.
struct Changes {
    struct Place: Hashable {
        let shard: Int16
        let tenant: TenantID
        let id: UUID
    }

    /// The database's.
    let current: Int64
    private(set) var tenants: [TenantID] = []
    private(set) var keys: [Place] = []
    private(set) var destinations: [Place] = []
    private(set) var routes: [Place] = []
    private(set) var sources: [Place] = []
    private(set) var flagSets: [Place] = []
    private var first: Int64?
    /// The version of the last change that is named here.
    private(set) var last: Int64 = 0
    private var isEverything = false

    /// Of `tenants.changes`.
    init(_ rows: Rows) throws {
        guard let row = rows.first else {
            throw PostgresError(.mismatch, "the configuration has no version", statement: "tenants.changes")
        }
        current = try row.decode(0)
        for row in rows {
            guard let version = try row.decode(1, as: Int64?.self) else { continue }
            first = first ?? version
            last = version
            try add(row)
        }
    }

    /// Whether they are all changes after a version, each of something that can be read alone. The log has a row for
    /// each version, so one that begins with the next has no gap.
    func follow(_ version: Int64) -> Bool { first == version + 1 && !isEverything }

    private mutating func add(_ row: Row) throws {
        let subject: String = try row.decode(2)
        switch subject {
        case "circuit_policy": break
        case "tenant": tenants.append(TenantID(try row.decode(5)))
        case "key": keys.append(try place(row))
        case "destination": destinations.append(try place(row))
        case "route": routes.append(try place(row))
        case "source": sources.append(try place(row))
        case "flag_set": flagSets.append(try place(row))
        default: isEverything = true
        }
    }

    private func place(_ row: Row) throws -> Place {
        Place(shard: try row.decode(3), tenant: TenantID(try row.decode(4)), id: try row.decode(5))
    }
}
