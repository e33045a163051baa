import Model
import Postgres
import Tenants
import TestSupport
import Testing

/// The database checks what may be chosen, and says which rule was broken.
struct DestinationRangeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let rule: String
        let settings: DestinationSettings

        init(_ rule: String, _ adjust: (inout DestinationSettings) -> Void) {
            self.rule = rule
            var settings = DestinationSettings(name: "a", baseURL: "http://a")
            adjust(&settings)
            self.settings = settings
        }

        var testDescription: String { rule }
    }

    @Test(arguments: [
        Case("destination_name_is_a_slug") { $0.name = "" },
        Case("destination_name_is_a_slug") { $0.name = "No Slug" },
        Case("destination_name_is_a_slug") { $0.name = String(repeating: "a", count: 64) },
        Case("destination_name_is_a_slug") { $0.name = "a\nb" },
        Case("base_url_is_http") { $0.baseURL = "ftp://a" },
        Case("base_url_is_http") { $0.baseURL = "http://" },
        Case("base_url_is_http") { $0.baseURL = "/a" },
        Case("connect_timeout_is_in_range") { $0.connectTimeout = .milliseconds(9) },
        Case("connect_timeout_is_in_range") { $0.connectTimeout = .seconds(61) },
        Case("timeout_is_in_range") { $0.timeout = .zero },
        Case("timeout_is_in_range") { $0.timeout = .seconds(301) },
        Case("max_in_flight_is_in_range") { $0.maxInFlight = 0 },
        Case("max_in_flight_is_in_range") { $0.maxInFlight = 10_001 },
        Case("rate_is_positive") { $0.ratePerSecond = 0 },
        Case("rate_burst_is_positive") { $0.rateBurst = 0 },
        Case("ordered_lanes_are_few") { $0.orderedLanes = 65 },
        Case("in_flight_are_as_many_as_ordered_lanes") { settings in
            settings.orderedLanes = 2
            settings.maxInFlight = 3
        },
        Case("max_attempts_is_in_range") { $0.retry.maxAttempts = 0 },
        Case("max_attempts_is_in_range") { $0.retry.maxAttempts = 101 },
        Case("backoff_base_is_in_range") { $0.retry.backoff = Backoff(base: .zero, cap: .seconds(1)) },
        Case("backoff_cap_is_in_range") { $0.retry.backoff = Backoff(base: .seconds(2), cap: .seconds(1)) },
        Case("backoff_cap_is_in_range") { $0.retry.backoff = Backoff(base: .seconds(2), cap: .seconds(86_401)) },
    ])
    func isRefused(_ row: Case) async throws {
        try await withStore { store, client in
            let tenant = try await store.createTenant(named: "acme")
            let error = await #expect(throws: PostgresError.self) {
                try await store.putDestination(row.settings, tenant: tenant.id, shard: tenant.shard)
            }
            #expect(error?.constraint == row.rule)
            #expect(error?.isDataError == true)
            #expect(try await client.query(Statement("SELECT FROM sluice.lane")).count == 0)
        }
    }

    @Test(arguments: ["", "Acme", "-a", "a b", String(repeating: "a", count: 64)])
    func aTenantsNameIsASlug(_ name: String) async throws {
        try await withStore { store, _ in
            let error = await #expect(throws: PostgresError.self) { try await store.createTenant(named: name) }
            #expect(error?.constraint == "tenant_name_is_a_slug")
        }
    }
}
