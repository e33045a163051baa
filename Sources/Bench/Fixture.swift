import Foundation
import Model
import Postgres
import SQL
import Tenants

/// A tenant with destinations, made as an operator would make them.
struct Fixture {
    let key: APIKey
    let tenant: TenantID
    let shard: Int16
    let destinations: [Destination]

    static func make(
        _ store: TenantStore, name: String, destinations count: Int = 1, url: String, maxInFlight: Int32 = 1_000
    ) async throws -> Fixture {
        let tenant = try await store.createTenant(named: name)
        let key = APIKey.new()
        try await store.createKey(key, label: "bench", tenant: tenant.id, shard: tenant.shard)
        var destinations: [Destination] = []
        for number in 0..<count {
            var settings = DestinationSettings(name: "d\(number)", baseURL: url)
            settings.maxInFlight = maxInFlight
            destinations.append(try await store.putDestination(settings, tenant: tenant.id, shard: tenant.shard))
        }
        return Fixture(key: key, tenant: tenant.id, shard: tenant.shard, destinations: destinations)
    }

    /// Stores requests for a destination, 10,000 a statement. `first` keeps the ids of several calls apart.
    func fill(_ client: Client, _ destination: Destination, count: Int, body: [UInt8], first: Int64) async throws {
        var done = 0
        while done < count {
            let step = min(10_000, count - done)
            _ = try await client.execute(
                SQL["bench.fill"],
                Parameters(
                    shard, tenant.uuid, destination.id.uuid, destination.lane.number, Int32(step), Bytea(body),
                    first + Int64(done)))
            done += step
        }
    }

    static func secrets() throws -> SecretBox {
        try SecretBox(base64: Data(repeating: 7, count: 32).base64EncodedString())
    }
}

/// A body of the size that the targets name.
let kibibyte = (0..<1024).map { UInt8(ascii: "a") + UInt8($0 % 26) }
