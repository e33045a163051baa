import API
import ArgumentParser
import Foundation
import JSON
import Model
import Postgres
import Tenants

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Make and end API keys.",
        subcommands: [Create.self, List.self, Rotate.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make an API key and print it, once.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @Option(help: "What the key is for.") var label = ""
        @Option(help: "What it opens: ingest, read, manage, flags-client; several times. Else all but flags-client.")
        var scope: [Scope] = []
        @Option(help: "When it ends: a time of RFC 3339, or days from now, as in 90d.") var expires: Expiry?
        @Option(help: "Whose flags the key evaluates.") var environment = FlagEnvironment.standard
        @OptionGroup var output: OutputOptions

        func run() async throws {
            guard environment.isSlug else { throw ValidationError("--environment: \(environment) is no name") }
            guard label.utf8.count <= 200 else { throw ValidationError("--label may have 200 bytes") }
            try await withTenants(database) { store in
                let tenant = try await store.requireTenant(named: tenant)
                let key = APIKey.new()
                let id = try await store.createKey(
                    key, label: label, scopes: scope.isEmpty ? .standard : Scopes(scope.map { Scopes($0) }),
                    expiresAt: expires?.time, environment: environment, tenant: tenant.id, shard: tenant.shard)
                output.answer(key.text, ["id": .string(id.description), "key": .string(key.text)])
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A tenant's keys, the newest first.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await withTenants(database) { store in
                let tenant = try await store.requireTenant(named: tenant)
                var keys: [KeyRecord] = []
                while true {
                    let page = try await store.keys(
                        of: tenant.id, shard: tenant.shard, before: keys.last?.id, limit: 1_000)
                    if page.isEmpty { break }
                    keys += page
                }
                output.list(keys, as: .keys)
            }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key in place of another, which goes on for a while; prints the new one, once.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @Argument(help: "The old key's id.") var id: String
        @Option(help: "Seconds for which the old key goes on, up to a week.") var overlap = 86_400
        @Option(help: "When the new key ends.") var expires: Expiry?
        @OptionGroup var output: OutputOptions

        func run() async throws {
            guard let old = KeyID(id) else { throw ValidationError("\(id) is no id") }
            guard 0...604_800 ~= overlap else { throw ValidationError("--overlap must be from 0 to 604800") }
            try await withTenants(database) { store in
                let owner = try await store.requireTenant(named: tenant)
                let key = APIKey.new()
                let new = try await store.rotateKey(
                    old, to: key, overlap: .seconds(overlap), expiresAt: expires?.time, tenant: owner.id,
                    shard: owner.shard)
                guard let new else { throw CommandError("tenant \(tenant) has no valid key \(id)") }
                output.answer(key.text, ["id": .string(new.description), "key": .string(key.text)])
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a key at once and for good.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @Argument(help: "The key's id.") var id: String

        func run() async throws {
            guard let key = KeyID(id) else { throw ValidationError("\(id) is no id") }
            try await withTenants(database) { store in
                let owner = try await store.requireTenant(named: tenant)
                guard try await store.revokeKey(key, tenant: owner.id, shard: owner.shard) else {
                    throw CommandError("tenant \(tenant) has no key \(id)")
                }
            }
        }
    }
}

extension Scope: ExpressibleByArgument {}

/// A time in the future.
struct Expiry: ExpressibleByArgument {
    let time: Timestamp

    init?(argument: String) {
        let time: Timestamp? =
            if argument.hasSuffix("d"), let days = Int(argument.dropLast()), 1...36_500 ~= days {
                .now + .seconds(days * 86_400)
            } else {
                Timestamp(rfc3339: argument)
            }
        guard let time, time > .now else { return nil }
        self.time = time
    }
}
