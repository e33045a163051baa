package import Model
package import Postgres
import SQL

/// Reads circuits, and writes what the machine decided.
package struct CircuitStore: Sendable {
    package static let statements = SQL.statements.filter { $0.name.hasPrefix("circuits.") }

    /// What a replica is asked.
    package static let replicaStatements = [SQL["circuits.show"]]

    let client: Client
    let replica: Replica?

    /// - Parameters:
    ///   - client: has prepared `statements`.
    ///   - replica: of lists; its client has prepared `replicaStatements`.
    package init(_ client: Client, replica: Replica? = nil) {
        self.client = client
        self.replica = replica
    }

    /// nil: there is no such circuit any more.
    package func read(_ key: CircuitKey) async throws -> CircuitReading? {
        try await client.query(SQL["circuits.find"], key.parameters).first.map { try CircuitReading($0, key) }
    }

    /// What the workers saw within the window, in the circuit's epoch. The buckets hold a minute: a longer window sees
    /// no more.
    package func sums(_ reading: CircuitReading, policy: CircuitPolicy) async throws -> WindowSums {
        var parameters = reading.key.parameters
        parameters.append(reading.circuit.epoch)
        parameters.append(Int32((policy.window / policy.bucket).rounded(.up)))
        let rows = try await client.query(SQL["circuits.sums"], parameters)
        let slots = try rows.map { (WorkerID(try $0.decode(0)), try CircuitCounts($0)) }
        return WindowSums(slots: Dictionary(slots) { $0 + $1 })
    }

    /// Returns false, having changed nothing, where the circuit has been written since it was read.
    package func write(_ reading: CircuitReading, _ effects: [Circuit.Effect], policy: CircuitPolicy) async throws
        -> Bool
    {
        let parameters = reading.parameters(effects, policy: policy)
        return try await client.execute(SQL["circuits.apply"], parameters).first?.decode(0) ?? false
    }

    /// When the destination was last tried by deliveries, and when that last succeeded, to five seconds.
    package func traffic(_ key: CircuitKey) async throws -> (last: Timestamp?, lastSuccess: Timestamp?) {
        guard let row = try await client.query(SQL["circuits.traffic"], key.parameters).first else { return (nil, nil) }
        return (try row.decode(0), try row.decode(1))
    }

    package struct Due: Sendable, Hashable {
        package let key: CircuitKey
        /// A probe may be let through, and there is something to probe with; else time has changed something.
        package let isProbe: Bool
    }

    package func due(_ node: Node, limit: Int32) async throws -> [Due] {
        try await client.query(SQL["circuits.due"], Parameters(node.shards, limit)).map {
            Due(key: try CircuitKey($0), isProbe: try $0.decode(3))
        }
    }

    /// Those that are not simply closed.
    package func unsettled(_ node: Node) async throws -> CircuitSnapshot {
        let rows = try await client.query(SQL["circuits.unsettled"], Parameters(node.shards))
        return CircuitSnapshot(
            circuits: Dictionary(
                try rows.map { row in
                    (
                        try CircuitKey(row),
                        CircuitSnapshot.Entry(
                            holds: try row.decode(3, as: Bool.self), epoch: try row.decode(4),
                            isLimited: try row.decode(5), isAhead: try row.decode(6))
                    )
                }
            ) { first, _ in first })
    }

    package enum Answer: String, Sendable {
        case done, unknown, mode, busy
        case notOpen = "not_open"
    }

    /// What an operator wants; in force when it returns `done`. Lanes of a gate that opened are to be armed.
    package func command(
        _ command: String, _ key: CircuitKey, until: Timestamp? = nil, limit: Int32? = nil, actor: String, note: String
    ) async throws -> Answer {
        var parameters = key.parameters
        parameters.append(command)
        parameters.append(until)
        parameters.append(limit)
        parameters.append(actor)
        parameters.append(note)
        let answer: String? = try await client.execute(SQL["circuits.command"], parameters).first?.decode(0)
        return answer.flatMap(Answer.init) ?? .unknown
    }
}

extension CircuitKey {
    var parameters: Parameters { Parameters(shard, tenant.uuid, destination.uuid) }

    /// Of the first three columns.
    init(_ row: Row) throws {
        self.init(
            shard: try row.decode(0), tenant: TenantID(try row.decode(1)), destination: DestinationID(try row.decode(2))
        )
    }
}

extension CircuitCounts {
    /// Of a row of `circuits.sums`.
    fileprivate init(_ row: Row) throws {
        self.init()
        ok = Int(try row.decode(1, as: Int64.self))
        fail = Int(try row.decode(2, as: Int64.self))
        lasting = Int(try row.decode(3, as: Int64.self))
        serverErrors = Int(try row.decode(4, as: Int64.self))
        distinct = Int(try row.decode(5, as: Int64.self))
        unresolved = Int(try row.decode(6, as: Int64.self))
        slow = Int(try row.decode(7, as: Int64.self))
        pushback = Int(try row.decode(8, as: Int64.self))
        rttSum = .microseconds(try row.decode(9, as: Int64.self))
    }
}
