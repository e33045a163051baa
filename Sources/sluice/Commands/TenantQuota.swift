import API
import ArgumentParser
import Tenants

extension TenantCommand {
    struct Quota: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say how much a tenant may; what is not named stays as it is.",
            discussion: "\"none\" takes a quota away: then the gateway's limits hold alone.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var name: String
        @Option(help: "Requests a second that are taken on.") var ingestRate: Quantity?
        @Option(help: "Requests that are taken on at once after a quiet time.") var ingestBurst: Quantity?
        @Option(help: "Deliveries that may wait, be scheduled or held.") var maxWaiting: Quantity?
        @Option(help: "Attempts under way at the same time.") var maxInFlight: Quantity?
        @Option(help: "Bytes of a body.") var maxBodyBytes: Quantity?
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await withTenants(database) { store in
                let named = [
                    "ingest_rate": ingestRate, "ingest_burst": ingestBurst, "max_waiting": maxWaiting,
                    "max_in_flight": maxInFlight, "max_body_bytes": maxBodyBytes,
                ].compactMapValues { $0 }
                let change = try Quotas.Change(
                    uniqueKeysWithValues: named.map { ($0.key, try $0.value.value(of: $0.key)) })
                if !change.isEmpty { try await store.changeQuotas(change, of: name) }
                try output.document(json: try await store.requireTenant(named: name).json)
            }
        }
    }
}

/// A number, or "none".
struct Quantity: ExpressibleByArgument {
    private let value: Double?

    init?(argument: String) {
        if argument == "none" {
            value = nil
        } else {
            guard let number = Double(argument) else { return nil }
            value = number
        }
    }

    /// Throws a `ValidationError` for what the quota can't be.
    func value(of quota: String) throws -> Double? {
        guard let value else { return nil }
        guard let range = Quotas.ranges[quota], range.contains(value) else {
            let range = Quotas.ranges[quota].map { "from \($0.lowerBound) to \($0.upperBound)" } ?? "known"
            throw ValidationError("\(quota) must be a number \(range), or none")
        }
        guard quota == "ingest_rate" || value == value.rounded() else {
            throw ValidationError("\(quota) must be a whole number")
        }
        return value
    }
}
