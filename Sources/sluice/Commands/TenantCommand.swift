import API
import ArgumentParser
import JSON
import Model
import Postgres
import Requests
import Tenants

struct TenantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant", abstract: "Make tenants, and say how much they may.",
        subcommands: [
            Create.self, List.self, Show.self, Suspend.self, Resume.self, Quota.self, Delete.self, GrantReader.self,
            RevokeReader.self,
        ])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a tenant, or find the one of that name; prints its id.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "Lower-case letters, digits, dots, dashes and underscores.") var name: String
        @OptionGroup var output: OutputOptions

        func run() async throws {
            guard name.isSlug else {
                throw ValidationError(
                    "\(name) is no name of a tenant: 1 to 63 of a-z, 0-9, dot, underscore and hyphen, "
                        + "beginning with a letter or digit")
            }
            try await withTenants(database) { store in
                let tenant = try await store.createTenant(named: name)
                guard tenant.state != .deleting else { throw CommandError("tenant \(name) is being deleted") }
                output.answer(tenant.id.description, json: tenant.json)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All tenants, by name.")

        @OptionGroup var database: DatabaseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await withTenants(database) { store in
                var tenants: [Tenant] = []
                while true {
                    let page = try await store.tenants(after: tenants.last?.name ?? "", limit: 1_000)
                    if page.isEmpty { break }
                    tenants += page
                }
                output.list(tenants, as: .tenants)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A tenant, its quotas, and what waits.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var name: String
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await withTenants(database) { store in
                let tenant = try await store.requireTenant(named: name)
                let waiting = try await store.waiting(of: tenant.id, shard: tenant.shard, limit: 1_000_000)
                let inFlight = try await store.inFlight(of: tenant.id, shard: tenant.shard)
                let use = JSONValue.object([
                    "waiting": .number(JSONNumber(waiting)), "in_flight": .number(JSONNumber(inFlight)),
                ])
                output.document(try JSONValue(parsing: Array(tenant.json.utf8)).merging(use))
            }
        }
    }

    struct Suspend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Serve and deliver nothing of a tenant; what it has is kept.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var name: String

        func run() async throws {
            try await withTenants(database) { store in try await store.setState(.suspended, of: name) }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Serve a suspended tenant again.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var name: String

        func run() async throws {
            try await withTenants(database, besides: ArmLoop.statements) { store, client in
                let lanes = try await store.setState(.active, of: name)
                if !lanes.isEmpty { try await DeliveryStore(client).arm(lanes) }
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a tenant with all that it has.",
            discussion: "Nothing of it is served or delivered from now on; a running gateway removes its data.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var name: String
        @Option(help: "The name once more: there is no way back.") var confirm: String

        func run() async throws {
            guard confirm == name else { throw ValidationError("--confirm must be \(name)") }
            try await withTenants(database) { store in try await store.setState(.deleting, of: name) }
        }
    }
}
