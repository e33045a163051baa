import ArgumentParser
import Postgres
import Tenants

extension TenantCommand {
    struct GrantReader: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a login of the database read a tenant's rows, and no others.",
            discussion: """
                Make the login first. The database's user must be a superuser, or own the schema and be able to grant \
                the role sluice_tenant_reader. Secrets and hashes of keys are not shown.
                """)

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var name: String
        @Argument(help: "The login.") var role: String

        func run() async throws {
            try await explainingRefusals {
                try await withTenants(database) { store in try await store.grantReader(role, of: name) }
            }
        }
    }

    struct RevokeReader: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End what grant-reader gave a login.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The login.") var role: String

        func run() async throws {
            try await explainingRefusals {
                try await withTenants(database) { store in try await store.revokeReader(role) }
            }
        }
    }
}

/// The database's functions say why not in words for people.
private func explainingRefusals(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let error as PostgresError where error.code == .server {
        throw CommandError(error.message)
    }
}
