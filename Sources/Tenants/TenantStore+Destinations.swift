package import Model
import Postgres
import SQL

extension TenantStore {
    /// Makes a destination with its lanes, or changes the one of that name; one that is being deleted stays then.
    ///
    /// - Parameter expected: the version that is changed, 0 where there must be none; nil: any. Where it is another,
    ///   `StaleDestination` is thrown.
    @discardableResult
    package func putDestination(
        _ settings: DestinationSettings, tenant: TenantID, shard: Int16, expected: Int64? = nil
    ) async throws -> Destination {
        let sealed = try secrets.seal(settings, of: tenant)
        let retry = settings.retry
        let rows = try await client.execute(
            SQL["destinations.put"],
            Parameters(
                shard, tenant.uuid, DestinationID.new().uuid, settings.name, settings.baseURL,
                settings.connectTimeout.milliseconds, settings.timeout.milliseconds, settings.maxInFlight,
                settings.ratePerSecond, settings.rateBurst, settings.orderedLanes, retry.maxAttempts,
                retry.backoff.base.milliseconds, retry.backoff.cap.milliseconds, retry.schedule.map(\.milliseconds),
                retry.retriedStatuses,
                retry.finalStatuses, settings.tls.clientCertificate, settings.tls.authorities, sealed.map { Bytea($0) },
                expected))
        guard let row = rows.first else { throw StaleDestination() }
        let lanes = try Self.lanes(row, 1, shard)
        return Destination(
            tenant: tenant, id: DestinationID(try row.decode(0)), lane: lanes.first, furtherLanes: lanes.further,
            settings: settings, version: try row.decode(2))
    }

    /// By name, from the given one on.
    package func destinations(
        from name: String = "", limit: Int, tenant: TenantID, shard: Int16
    ) async throws -> [Destination] {
        try await client.query(
            SQL["destinations.of_tenant"], Parameters(shard, tenant.uuid, name, Int32(clamping: limit))
        ).map(destination)
    }

    /// nil where the tenant has none of that name.
    package func destination(named name: String, tenant: TenantID, shard: Int16) async throws -> Destination? {
        try await destinations(from: name, limit: 1, tenant: tenant, shard: shard).first { $0.settings.name == name }
    }

    /// What deleting a destination came to.
    package enum Deletion: Sendable, Equatable {
        /// It takes no new requests. This many deliveries are still to be delivered or cancelled.
        case begun(waiting: Int64)
        /// Refused: this many deliveries wait or are under way.
        case waiting(Int64)
        case stale, unknown
    }

    /// Waiting deliveries are counted up to this.
    package static let countedTo: Int64 = 1_000

    /// Begins to delete a destination; a process does the rest in the background.
    package func deleteDestination(
        _ destination: DestinationID, tenant: TenantID, shard: Int16, backlog: Destination.Backlog,
        expected: Int64? = nil
    ) async throws -> Deletion {
        let rows = try await client.execute(
            SQL["destinations.delete"],
            Parameters(
                shard, tenant.uuid, destination.uuid, backlog.rawValue, expected, Int32(Self.countedTo + 1)))
        guard let row = rows.first else { return .unknown }
        let waiting: Int64 = try row.decode(1)
        return switch try row.decode(0, as: String.self) {
        case "begun": .begun(waiting: waiting)
        case "waiting": .waiting(waiting)
        case "changed": .stale
        default: .unknown
        }
    }

    func destination(_ row: Row) throws -> Destination {
        let tenant = TenantID(try row.decode(1))
        var settings = DestinationSettings(name: try row.decode(6), baseURL: try row.decode(7))
        settings.connectTimeout = .milliseconds(try row.decode(8, as: Int32.self))
        settings.timeout = .milliseconds(try row.decode(9, as: Int32.self))
        settings.maxInFlight = try row.decode(10)
        settings.ratePerSecond = try row.decode(11)
        settings.rateBurst = try row.decode(12)
        settings.orderedLanes = try row.decode(13)
        settings.retry.maxAttempts = try row.decode(14)
        settings.retry.backoff = Backoff(
            base: .milliseconds(try row.decode(15, as: Int32.self)),
            cap: .milliseconds(try row.decode(16, as: Int32.self)))
        settings.retry.schedule = try row.decode(17, as: [Int32].self).map { .milliseconds($0) }
        settings.retry.retriedStatuses = try row.decode(18)
        settings.retry.finalStatuses = try row.decode(19)
        settings.tls.clientCertificate = try row.decode(20)
        settings.tls.authorities = try row.decode(21)
        if let sealed = try row.decode(22, as: Bytea?.self) {
            secrets.open(sealed.bytes, into: &settings, of: tenant)
        }
        let lanes = try Self.lanes(row, 3, try row.decode(0))
        return Destination(
            tenant: tenant, id: DestinationID(try row.decode(2)), lane: lanes.first, furtherLanes: lanes.further,
            settings: settings, version: try row.decode(4),
            deletion: try row.decode(5, as: String?.self).flatMap(Destination.Backlog.init))
    }

    private static func lanes(_ row: Row, _ column: Int, _ shard: Int16) throws -> (first: LaneID, further: [LaneID]) {
        let lanes = try row.decode(column, as: [Int64].self).map { LaneID(shard: shard, number: $0) }
        guard let first = lanes.first else {
            throw PostgresError(.mismatch, "a destination without a lane came back", statement: "destinations")
        }
        return (first, Array(lanes.dropFirst()))
    }
}

/// The destination is not of the expected version: someone else changed, made or deleted it.
package struct StaleDestination: Error, CustomStringConvertible {
    package var description: String { "the destination has been changed meanwhile" }
}

extension Duration {
    /// Whole milliseconds, rounded towards zero; the largest where there are more.
    var milliseconds: Int32 { Int32(clamping: microseconds / 1000) }
}
