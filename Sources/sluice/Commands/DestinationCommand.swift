import ArgumentParser
import Postgres
import Tenants
import Worker

struct DestinationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "destination", abstract: "Make and change destinations.", subcommands: [Put.self])

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a destination, or replace the settings of the one of that name.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.") var tenant: String
        @Argument(help: "The destination's name, as in /in/NAME.") var name: String
        @Argument(help: "The base URL; paths of requests are appended to it.") var url: String
        @Option(help: "Seconds for a connection to be made.") var connectTimeout = 5.0
        @Option(help: "Seconds for a whole attempt.") var timeout = 30.0
        @Option(help: "Attempts under way at the same time, over all workers.") var maxInFlight: Int32 = 64
        @Option(help: "Attempts a second, over all workers; none: no limit.") var rate: Double?
        @Option(help: "Attempts that may be made at once after a quiet time.") var burst: Int32 = 1
        @Option(help: "Attempts until a delivery becomes a dead letter.") var maxAttempts: Int16 = 12
        @Option(help: "A Standard Webhooks secret (whsec_...) to sign with.") var secret: String?

        func run() async throws {
            var settings = DestinationSettings(name: name, baseURL: url)
            settings.connectTimeout = .seconds(connectTimeout)
            settings.timeout = .seconds(timeout)
            settings.maxInFlight = maxInFlight
            settings.ratePerSecond = rate
            settings.rateBurst = burst
            settings.maxAttempts = maxAttempts
            if let secret {
                guard let bytes = StandardWebhooks.secret(secret) else {
                    throw ValidationError("--secret must be whsec_ and base64 of 24 to 64 bytes")
                }
                settings.signingSecret = bytes
            }
            try await withTenants(database) { store in
                let tenant = try await store.requireTenant(named: tenant)
                print(try await store.putDestination(settings, tenant: tenant.id, shard: tenant.shard).id)
            }
        }
    }
}

func withTenants(_ database: DatabaseOptions, _ body: (TenantStore) async throws -> Void) async throws {
    try await withTenants(database) { store, _ in try await body(store) }
}

/// - Parameter besides: statements that the client needs as well.
func withTenants(
    _ database: DatabaseOptions, besides: [Statement] = [], _ body: (TenantStore, Client) async throws -> Void
) async throws {
    let settings = Settings()
    let connection = try database.connectionSettings(settings)
    let secrets = try settings.secretBox()
    try await withClient(connection, name: "configure", statements: TenantStore.statements + besides) { client in
        do {
            try await body(TenantStore(client, secrets: secrets), client)
        } catch let error as UnknownTenant {
            throw CommandError(error.description)
        } catch let error as TooManyKeys {
            throw CommandError(error.description)
        }
    }
}
