package import Model
package import Postgres
import SQL

/// A circuit as an operator sees it.
package struct CircuitView: Sendable {
    package let destination: String
    package let mode: String
    package let modeUntil: Timestamp?
    package let modeBy: String?
    package let modeReason: String?
    package let state: String
    package let since: Timestamp
    package let reason: String
    package let epoch: Int64
    package let nextProbeAt: Timestamp?
    package let throttledUntil: Timestamp?
    /// Deliveries that may be under way.
    package let allowed: Int32
    package let inFlight: Int64
    /// Deliveries that wait, due or not; counted up to `countedTo` and one.
    package let waiting: Int64
    package let oldestWaitingAt: Timestamp?
    /// Of the last event, as JSON.
    package let evidence: String?

    package static let countedTo: Int64 = 10_000

    init(_ row: Row) throws {
        destination = try row.decode(0)
        mode = try row.decode(1)
        modeUntil = try row.decode(2)
        modeBy = try row.decode(3)
        modeReason = try row.decode(4)
        state = try row.decode(5)
        since = try row.decode(6)
        reason = try row.decode(7)
        epoch = try row.decode(8)
        nextProbeAt = try row.decode(9)
        throttledUntil = try row.decode(10)
        allowed = try row.decode(11)
        inFlight = try row.decode(12)
        waiting = try row.decode(13)
        oldestWaitingAt = try row.decode(14)
        evidence = try row.decode(15, as: JSONB?.self)?.text
    }
}

/// A line of a circuit's history.
package struct CircuitRecord: Sendable {
    package let at: Timestamp
    package let epoch: Int64
    package let from: String
    package let to: String
    package let mode: String
    package let reason: String
    /// nil: the machine.
    package let actor: String?
    /// JSON.
    package let evidence: String

    init(_ row: Row) throws {
        at = try row.decode(0)
        epoch = try row.decode(1)
        from = try row.decode(2)
        to = try row.decode(3)
        mode = try row.decode(4)
        reason = try row.decode(5)
        actor = try row.decode(6)
        evidence = try row.decode(7, as: JSONB.self).text
    }
}

extension CircuitStore {
    /// - Parameter destination: nil: all the tenant's.
    package func show(shard: Int16, tenant: TenantID, destination: DestinationID? = nil) async throws -> [CircuitView] {
        // One circuit is shown after a command, which must be seen.
        try await client.query(
            SQL["circuits.show"], Parameters(shard, tenant.uuid, destination?.uuid),
            preferring: destination == nil ? replica : nil
        ).map { try CircuitView($0) }
    }

    /// By the names of their destinations; `evidence` is left out.
    ///
    /// - Parameters:
    ///   - name: from this one on; empty: from the start.
    ///   - prefix: with which the names begin.
    ///   - waitingLimit: up to which what waits is counted.
    package func page(
        from name: String, prefix: String, limit: Int, waitingLimit: Int64, tenant: TenantID, shard: Int16
    ) async throws -> [CircuitView] {
        try await client.query(
            SQL["circuits.page"],
            Parameters(
                shard, tenant.uuid, name.isEmpty ? prefix : name, prefix, Int32(clamping: limit), waitingLimit)
        ).map { try CircuitView($0) }
    }

    /// Those that are not simply closed, the latest change first; `evidence` is left out.
    ///
    /// - Parameter waitingLimit: up to which what waits is counted.
    package func attention(
        limit: Int, waitingLimit: Int64, tenant: TenantID, shard: Int16
    ) async throws -> [CircuitView] {
        try await client.query(
            SQL["circuits.attention"], Parameters(shard, tenant.uuid, Int32(clamping: limit), waitingLimit)
        ).map { try CircuitView($0) }
    }

    /// Newest first.
    package func history(_ key: CircuitKey, limit: Int32) async throws -> [CircuitRecord] {
        var parameters = key.parameters
        parameters.append(limit)
        return try await client.query(SQL["circuits.events"], parameters).map { try CircuitRecord($0) }
    }
}
