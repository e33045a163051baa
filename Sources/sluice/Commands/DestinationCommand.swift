import API
import ArgumentParser
import Foundation
import JSON
import Model
import Tenants

struct DestinationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "destination", abstract: "Make, change, show and delete destinations.",
        subcommands: [Put.self, List.self, Show.self, Delete.self])

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a destination, or replace the settings of the one of that name.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @Argument(help: "The destination's name, as in /in/NAME.") var name: String
        @Argument(help: "The base URL; paths of requests are appended to it.") var url: String
        @OptionGroup var options: DestinationOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let document = try options.document(baseURL: url)
            try await withTenants(database) { store in
                let tenant = try await store.requireTenant(named: tenant)
                let stored = try await store.destination(named: name, tenant: tenant.id, shard: tenant.shard)
                do {
                    let settings = try DestinationDocument.settings(document, named: name, over: stored?.settings)
                    let put = try await store.putDestination(settings, tenant: tenant.id, shard: tenant.shard)
                    output.answer(put.id.description, json: put.shown.text)
                } catch let error as InvalidDocument {
                    throw CommandError(error.description)
                }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A tenant's destinations: name, URL, and what is up.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await withTenants(database) { store in
                let tenant = try await store.requireTenant(named: tenant)
                var (destinations, next) = ([Destination](), String?.some(""))
                while let first = next {
                    let page = try await store.destinations(
                        from: first, limit: 201, tenant: tenant.id, shard: tenant.shard)
                    destinations += page.prefix(200)
                    next = page.count > 200 ? page.last?.settings.name : nil
                }
                output.list(destinations, as: .destinations)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A destination's settings, never its secrets; with --json as the document of `put --settings`.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @Argument(help: "The destination's name.", completion: .destinations) var name: String
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await withDestination(database, tenant, name) { _, destination, _ in
                output.document(DestinationDocument.document(destination.settings))
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a destination. It takes no new requests at once; the rest is done in the background.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @Argument(help: "The destination's name.", completion: .destinations) var name: String
        @Option(help: "What becomes of waiting deliveries: refuse to delete, drain, or cancel.")
        var backlog = Destination.Backlog.refuse
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await withDestination(database, tenant, name) { store, destination, shard in
                let deletion = try await store.deleteDestination(
                    destination.id, tenant: destination.tenant, shard: shard, backlog: backlog)
                switch deletion {
                case .begun(let waiting):
                    output.answer(
                        "being deleted; deliveries left: \(waiting)", ["waiting": .number(JSONNumber(waiting))])
                case .waiting(let waiting):
                    throw CommandError(
                        "\(waiting) deliveries wait or are under way; give --backlog drain or --backlog cancel")
                case .stale, .unknown: throw CommandError("tenant \(tenant) has no destination \(name)")
                }
            }
        }
    }
}

extension Destination.Backlog: ExpressibleByArgument {}

private func withDestination(
    _ database: DatabaseOptions, _ tenant: String, _ name: String,
    _ body: (TenantStore, Destination, _ shard: Int16) async throws -> Void
) async throws {
    try await withTenants(database) { store in
        let owner = try await store.requireTenant(named: tenant)
        guard let found = try await store.destination(named: name, tenant: owner.id, shard: owner.shard) else {
            throw CommandError("tenant \(tenant) has no destination \(name)")
        }
        try await body(store, found, owner.shard)
    }
}
