import ArgumentParser
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
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            guard name.isSlug else {
                throw ValidationError(
                    "\(name) is no name of a tenant: 1 to 63 of a-z, 0-9, dot, underscore and hyphen, "
                        + "beginning with a letter or digit")
            }
            try await withTenants(database) { store in
                let tenant = try await store.createTenant(named: name)
                guard tenant.state != .deleting else { throw CommandError("tenant \(name) is being deleted") }
                print(json ? try TenantReport(tenant).json : tenant.id.description)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All tenants, by name.")

        @OptionGroup var database: DatabaseOptions
        @Flag(help: "Print JSON, one a line.") var json = false

        func run() async throws {
            try await withTenants(database) { store in
                var last = ""
                while true {
                    let tenants = try await store.tenants(after: last, limit: 1_000)
                    for tenant in tenants {
                        print(json ? try TenantReport(tenant).json : TenantReport(tenant).line)
                    }
                    guard let name = tenants.last?.name else { return }
                    last = name
                }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A tenant, its quotas, and what waits.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.") var name: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withTenants(database) { store in
                let tenant = try await store.requireTenant(named: name)
                var report = TenantReport(tenant)
                report.waiting = try await store.waiting(of: tenant.id, shard: tenant.shard, limit: 1_000_000)
                report.inFlight = try await store.inFlight(of: tenant.id, shard: tenant.shard)
                print(json ? try report.json : report.text)
            }
        }
    }

    struct Suspend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Serve and deliver nothing of a tenant; what it has is kept.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.") var name: String

        func run() async throws {
            try await withTenants(database) { store in try await store.setState(.suspended, of: name) }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Serve a suspended tenant again.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.") var name: String

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
        @Argument(help: "The tenant's name.") var name: String
        @Option(help: "The name once more: there is no way back.") var confirm: String

        func run() async throws {
            guard confirm == name else { throw ValidationError("--confirm must be \(name)") }
            try await withTenants(database) { store in try await store.setState(.deleting, of: name) }
        }
    }
}
