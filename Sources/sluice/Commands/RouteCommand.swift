import API
import ArgumentParser
import JSON
import Model
import Tenants

struct RouteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "route", abstract: "Say which topics go to which destinations.",
        subcommands: [Put.self, List.self, Show.self, Delete.self])

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a route, or replace the settings of the one of that name.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @Argument(help: "The route's name.") var name: String
        @Argument(help: "The topics: words with dots in between; * is one word, # any number of them.")
        var topic: String
        @Argument(help: "The destination's name.", completion: .destinations) var destination: String
        @Option(help: "What must hold besides: FIELD=VALUE, such as header.x-kind=order; may be repeated.")
        var filter: [String] = []
        @Flag(help: "It takes nothing until it is put again without this.") var disabled = false
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let document = JSONValue.object([
                "topic": .string(topic), "destination": .string(destination), "enabled": .bool(!disabled),
                "filters": .array(try filter.map(Self.filter)),
            ])
            try await withTenants(database) { store in
                let tenant = try await store.requireTenant(named: tenant)
                let settings = try checked { try RouteDocument.settings(document, named: name) }
                let destination = try await store.requireDestination(named: settings.destination, of: tenant)
                let put = try await store.putRoute(settings, to: destination, tenant: tenant.id, shard: tenant.shard)
                let route = try put.item(named: name)
                output.answer(route.id.description, json: route.shown.text)
            }
        }

        private static func filter(_ text: String) throws -> JSONValue {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw ValidationError("--filter: \(text) is not FIELD=VALUE") }
            return .object(["field": .string(String(parts[0])), "equals": .string(String(parts[1]))])
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A tenant's routes: name, topics and destination.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await withTenants(database) { store in
                let tenant = try await store.requireTenant(named: tenant)
                // All that a tenant may have.
                let routes = try await store.routes(
                    limit: Int(TenantStore.routeLimit), tenant: tenant.id, shard: tenant.shard)
                output.list(routes, as: .routes)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A route's settings.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @Argument(help: "The route's name.") var name: String
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await withTenants(database) { store in
                let owner = try await store.requireTenant(named: tenant)
                guard let route = try await store.route(named: name, tenant: owner.id, shard: owner.shard) else {
                    throw CommandError("tenant \(tenant) has no route \(name)")
                }
                output.document(route.shown)
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a route. Deliveries that it led to a destination stay.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @Argument(help: "The route's name.") var name: String

        func run() async throws {
            try await withTenants(database) { store in
                let owner = try await store.requireTenant(named: tenant)
                guard try await store.deleteRoute(named: name, tenant: owner.id, shard: owner.shard) == .deleted else {
                    throw CommandError("tenant \(tenant) has no route \(name)")
                }
            }
        }
    }
}
