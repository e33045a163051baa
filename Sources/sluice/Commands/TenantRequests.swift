import API
import ArgumentParser
import Model
import Postgres
import Requests
import Tenants

/// A tenant's requests and replays, and its destinations by their names.
struct TenantRequests {
    let reader: RequestReader
    let steering: RequestSteering
    let replays: ReplayStore
    let deliveries: DeliveryStore
    let tenant: TenantID
    let shard: Int16
    private let name: String
    private let snapshot: TenantSnapshot

    func destination(_ destination: String?) throws -> DestinationID? { try found(destination)?.id }

    /// With the lane that a request would have which has no ordering key.
    func destination(_ destination: String?, for request: RequestID) throws -> (id: DestinationID, lane: LaneID)? {
        try found(destination).map { ($0.id, $0.lane(of: request, orderedBy: nil)) }
    }

    private func found(_ destination: String?) throws -> Destination? {
        try destination.map { destination in
            guard let found = snapshot.destination(named: destination[...], of: tenant) else {
                throw CommandError("tenant \(name) has no destination \(destination)")
            }
            return found
        }
    }

    static func with(
        _ database: DatabaseOptions, tenant name: String, _ body: (TenantRequests) async throws -> Void
    ) async throws {
        let settings = try database.settings(needed: Catalogue.databaseAndKey)
        let connection = try settings.connection()
        let secrets = try settings.secretBox()
        let statements =
            TenantStore.statements + RequestReader.statements + RequestSteering.statements + ReplayStore.statements
            + ArmLoop.statements
        try await withClient(connection, name: "requests", statements: statements) { client in
            let tenants = TenantStore(client, secrets: secrets)
            let tenant = try await tenants.requireTenant(named: name)
            try await body(
                TenantRequests(
                    reader: RequestReader(client), steering: RequestSteering(client), replays: ReplayStore(client),
                    deliveries: DeliveryStore(client), tenant: tenant.id, shard: tenant.shard, name: name,
                    snapshot: try await tenants.snapshot()))
        }
    }
}

/// A time as a person gives it.
struct TimeArgument: ExpressibleByArgument {
    let timestamp: Timestamp

    init?(argument: String) {
        guard let timestamp = Timestamp(rfc3339: argument) else { return nil }
        self.timestamp = timestamp
    }
}
