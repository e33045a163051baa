import API
import ArgumentParser
import JSON
import Model
import Tenants

struct SourceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "source", abstract: "Let others post without a key, to a URL of their own, with signatures.",
        subcommands: [Put.self, List.self, Show.self, Rotate.self, Delete.self])

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a source, or replace the settings of the one of that name.",
            discussion: "The path of a new source's URL is printed once. That of one that is changed stays.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @Argument(help: "The source's name.") var name: String
        @Argument(help: "How the sender signs: standard-webhooks, github or stripe.") var scheme: SignatureScheme
        @Option(help: "The destination of what comes.") var destination: String?
        @Option(help: "In place of a destination: the topic of what comes.") var topic: String?
        @Option(help: "A secret that verifies; twice while one replaces the other.") var secret: [String] = []
        @Option(help: "Seconds by which a signature's time may be off.") var tolerance: Int?
        @OptionGroup var output: OutputOptions

        func run() async throws {
            var members: JSONObject = ["scheme": .string(scheme.rawValue)]
            members["destination"] = destination.map { .string($0) }
            members["topic"] = topic.map { .string($0) }
            members["tolerance_s"] = tolerance.map { .number(JSONNumber($0)) }
            members["secrets"] = .array(
                secret.enumerated().map {
                    .object(["id": .string("\($0 + 1)"), "secret": .string($1)])
                })
            let document = JSONValue.object(members)
            try await withTenants(database) { store in
                let tenant = try await store.requireTenant(named: tenant)
                let settings = try checked { try SourceDocument.settings(document, named: name) }
                let token = SourceToken.new()
                var target: DestinationID?
                if case .destination(let name) = settings.target {
                    target = try await store.requireDestination(named: name, of: tenant)
                }
                let put = try await store.putSource(
                    settings, to: target, token: token, tenant: tenant.id, shard: tenant.shard)
                let source = try put.item(named: name)
                let isNew = source.version == 1
                if isNew || output.json { output.answer(token.path, json: source.shown(isNew ? token : nil).text) }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A tenant's sources: name, scheme and target.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await withTenants(database) { store in
                let tenant = try await store.requireTenant(named: tenant)
                // All that a tenant may have.
                let sources = try await store.sources(
                    limit: Int(TenantStore.sourceLimit), tenant: tenant.id, shard: tenant.shard)
                output.list(sources, as: .sources)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A source's settings; never its secrets.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @Argument(help: "The source's name.") var name: String
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await withTenants(database) { store in
                let owner = try await store.requireTenant(named: tenant)
                guard let source = try await store.source(named: name, tenant: owner.id, shard: owner.shard) else {
                    throw CommandError("tenant \(tenant) has no source \(name)")
                }
                output.document(source.shown())
            }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a source another URL, whose path is printed once.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @Argument(help: "The source's name.") var name: String
        @Option(help: "Seconds for which the URL before goes on.") var overlap = SourceToken.standardOverlap
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await withTenants(database) { store in
                let owner = try await store.requireTenant(named: tenant)
                let token = SourceToken.new()
                let isKnown = try await store.rotateToken(
                    ofSource: name, to: token, overlap: .seconds(overlap), tenant: owner.id, shard: owner.shard)
                guard isKnown else { throw CommandError("tenant \(tenant) has no source \(name)") }
                output.answer(token.path, ["url_path": .string(token.path)])
            }
        }

        func validate() throws {
            let overlaps = SourceToken.overlaps
            guard overlaps ~= overlap else {
                throw ValidationError("--overlap must be from \(overlaps.lowerBound) to \(overlaps.upperBound)")
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a source: its URL is good for nothing any more.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @Argument(help: "The source's name.") var name: String

        func run() async throws {
            try await withTenants(database) { store in
                let owner = try await store.requireTenant(named: tenant)
                guard try await store.deleteSource(named: name, tenant: owner.id, shard: owner.shard) == .deleted else {
                    throw CommandError("tenant \(tenant) has no source \(name)")
                }
            }
        }
    }
}

extension SignatureScheme: ExpressibleByArgument {}
