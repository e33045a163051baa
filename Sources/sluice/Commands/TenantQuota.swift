import ArgumentParser
import Tenants

extension TenantCommand {
    struct Quota: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say how much a tenant may; what is not named stays as it is.",
            discussion: "\"none\" takes a quota away: then the gateway's limits hold alone.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.") var name: String
        @Option(help: "Requests a second that are taken on.") var ingestRate: Quantity?
        @Option(help: "Requests that are taken on at once after a quiet time.") var ingestBurst: Quantity?
        @Option(help: "Deliveries that may wait, be scheduled or held.") var maxWaiting: Quantity?
        @Option(help: "Attempts under way at the same time.") var maxInFlight: Quantity?
        @Option(help: "Bytes of a body.") var maxBodyBytes: Quantity?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withTenants(database) { store in
                let tenant = try await store.requireTenant(named: name)
                var quotas = tenant.quotas
                if let ingestRate { quotas.ingestRate = try ingestRate.number("ingest_rate") }
                if let ingestBurst { quotas.ingestBurst = try ingestBurst.whole("ingest_burst") }
                if let maxWaiting { quotas.maxWaiting = try maxWaiting.whole("max_waiting") }
                if let maxInFlight { quotas.maxInFlight = try maxInFlight.whole("max_in_flight") }
                if let maxBodyBytes { quotas.maxBodyBytes = try maxBodyBytes.whole("max_body_bytes") }
                if quotas != tenant.quotas { try await store.setQuotas(quotas, of: name) }
                let report = TenantReport(try await store.requireTenant(named: name))
                print(json ? try report.json : report.text)
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

    func number(_ quota: String) throws -> Double? {
        guard let value else { return nil }
        guard let range = Quotas.ranges[quota], range.contains(value) else {
            let range = Quotas.ranges[quota].map { "from \($0.lowerBound) to \($0.upperBound)" } ?? "known"
            throw ValidationError("\(quota) must be a number \(range), or none")
        }
        return value
    }

    func whole<Number: FixedWidthInteger>(_ quota: String) throws -> Number? {
        guard let value = try number(quota) else { return nil }
        guard let whole = Number(exactly: value) else { throw ValidationError("\(quota) must be a whole number") }
        return whole
    }
}
