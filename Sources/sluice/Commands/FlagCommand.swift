import API
import ArgumentParser
import FlagEngine
import Foundation
import JSON
import Model
import Tenants

struct FlagCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flag", abstract: "Define feature flags, switch them, and see how they are used.",
        discussion: "The tenant - is the gateway itself: its flags switch what it does for tenants.",
        subcommands: [
            Put.self, List.self, Show.self, Evaluate.self, Kill.self, Revert.self, Archive.self, Log.self, Usage.self,
            Environments.self, Import.self, Export.self,
        ])

    struct Place: ParsableArguments {
        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name; - is the gateway itself.") var tenant: String
        @Option(name: .shortAndLong, help: "The environment whose flags these are.")
        var environment = FlagEnvironment.standard

        func validate() throws {
            guard environment.isSlug else { throw ValidationError("--environment: \(environment) is no name") }
        }

        /// Throws a `CommandError` in place of what refuses a flag.
        func run(_ body: (TenantStore, FlagEnvironment) async throws -> Void) async throws {
            try await withTenants(database) { store in
                do {
                    try await body(store, try await place(store))
                } catch let refusal as FlagRefusal {
                    throw CommandError(refusal.description)
                } catch let error as FlagDocumentError {
                    throw CommandError(error.description)
                } catch let error as InvalidDocument {
                    throw CommandError(error.description)
                }
            }
        }

        private func place(_ store: TenantStore) async throws -> FlagEnvironment {
            guard tenant != "-" else { return .gateway }
            let owner = try await store.requireTenant(named: tenant)
            return FlagEnvironment(tenant: owner.id, shard: owner.shard, name: environment)
        }
    }

    struct Change: ParsableArguments {
        @Option(help: "Why; kept with the change.") var reason: String?
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (reason?.utf8.count ?? 0) <= FlagAuthor.reasonLimit else {
                throw ValidationError("--reason may have \(FlagAuthor.reasonLimit) bytes")
            }
        }

        var author: FlagAuthor { FlagAuthor(operatorName, reason: reason) }

        /// The version that the change made.
        func tell(_ version: Int64) { output.answer("\(version)", ["version": .number(JSONNumber(version))]) }
    }

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Make a flag, or change the one of that key: a flagd definition from a file, or from standard input.")

        @OptionGroup var place: Place
        @Argument(help: "The flag's key.") var key: String
        @Argument(help: "A file with the definition; - is standard input.") var file: String
        @Flag(help: "Keys with flags-client may evaluate it.") var clientVisible = false
        @Flag(help: "It is meant to stay, so never call it stale.") var permanent = false
        @Option(help: "Who looks after it.") var owner: String?
        @Option(help: "May be repeated.") var tag: [String] = []
        @OptionGroup var change: Change

        func run() async throws {
            let definition = try JSONValue(parsing: try read(file), duplicates: .refused)
            let draft = try checked {
                try FlagDraft(
                    .object([
                        "definition": definition, "client_visible": .bool(clientVisible),
                        "permanent": .bool(permanent), "owner": owner.map { .string($0) } ?? .null,
                        "tags": .array(tag.map { .string($0) }),
                    ]), key: key)
            }
            try await place.run { store, environment in
                let flag = try CheckedFlag(key, draft.definition, for: try await store.flagSet(environment))
                for warning in flag.warnings { remark("warning: \(warning)") }
                change.tell(try await store.putFlag(flag, draft.settings, in: environment, by: change.author))
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Flags: key, type, version and state.")

        @OptionGroup var place: Place
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await place.run { store, environment in
                // All that an environment may have, and as many that are archived.
                output.list(try await store.flags(limit: 2 * FlagLimits.flags, in: environment), as: .flags)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A flag: its definition and settings.")

        @OptionGroup var place: Place
        @OptionGroup var output: OutputOptions
        @Argument(help: "The flag's key.") var key: String

        func run() async throws {
            try await place.run { store, environment in
                guard let flag = try await store.flag(key, in: environment) else { throw FlagRefusal.unknownFlag }
                output.document(flag.shown)
            }
        }
    }

    struct Evaluate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What a flag is for a context.")

        @OptionGroup var place: Place
        @OptionGroup var output: OutputOptions
        @Argument(help: "The flag's key.") var key: String
        @Argument(help: "A JSON object.") var context = "{}"

        func run() async throws {
            let context = try JSONValue(parsing: Array(context.utf8))
            try await place.run { store, environment in
                guard let set = try await store.flagSet(environment) else { throw FlagRefusal.unknownEnvironment }
                let flags = try FlagSet(set.document, bucketing: set.bucketing)
                let result = flags.evaluate(
                    key, EvaluationContext(context), at: Int64(Date.now.timeIntervalSince1970))
                if let failure = result.failure { throw CommandError("\(failure.code.rawValue): \(failure.details)") }
                let value = result.value?.text ?? "the caller's default"
                output.answer(
                    "\(value)  \(result.variant ?? "no variant")  \(result.reason.rawValue)",
                    [
                        "key": .string(key), "value": result.value ?? .null,
                        "variant": result.variant.map { .string($0) } ?? .null,
                        "reason": .string(result.reason.rawValue),
                    ])
            }
        }
    }

    struct Kill: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switch a flag off at once: to the callers' own defaults, or to one variant for all.")

        @OptionGroup var place: Place
        @Argument(help: "The flag's key.") var key: String
        @Option(help: "The variant that everyone gets.") var variant: String?
        @OptionGroup var change: Change

        func run() async throws {
            try await place.run { store, environment in
                change.tell(try await store.killFlag(key, to: variant, in: environment, by: change.author))
            }
        }
    }

    struct Revert: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a flag what it was in an earlier version.")

        @OptionGroup var place: Place
        @Argument(help: "The flag's key.") var key: String
        @Argument(help: "The version.") var version: Int64
        @OptionGroup var change: Change

        func run() async throws {
            try await place.run { store, environment in
                change.tell(try await store.revertFlag(key, to: version, in: environment, by: change.author))
            }
        }
    }

    struct Archive: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Archive a flag: it is evaluated no more, and can be reverted to a version.")

        @OptionGroup var place: Place
        @Argument(help: "The flag's key.") var key: String
        @OptionGroup var change: Change

        func run() async throws {
            try await place.run { store, environment in
                try await store.archiveFlag(key, in: environment, by: change.author)
            }
        }
    }

    struct Log: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Changes, the newest first: who, when, why.")

        @OptionGroup var place: Place
        @OptionGroup var output: OutputOptions
        @Argument(help: "The flag's key; else of all.") var key: String?
        @Option(help: "How many at most, to 100000.") var limit = ListLimit(50)

        func run() async throws {
            try await place.run { store, environment in
                output.list(try await store.revisions(of: key, limit: limit.count, in: environment), as: .revisions)
            }
        }
    }

    struct Usage: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "How flags were used, and which are stale.")

        @OptionGroup var place: Place
        @OptionGroup var output: OutputOptions
        @Option(help: "In so many days.") var days = 30
        @Flag(help: "Stale ones only.") var stale = false

        func run() async throws {
            try await place.run { store, environment in
                let usage = try await store.flagUsage(days: days, in: environment)
                output.list(usage.filter { !stale || $0.stale != nil }, as: .flagUsage)
            }
        }

        func validate() throws {
            guard 1...90 ~= days else { throw ValidationError("--days must be from 1 to 90") }
        }
    }

    struct Environments: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A tenant's environments, and how many flags each has.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await withTenants(database) { store in
                let owner = try await store.requireTenant(named: tenant)
                output.list(try await store.environments(of: owner.id, shard: owner.shard), as: .environments)
            }
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the flags what a flagd document says, all at once.")

        @OptionGroup var place: Place
        @Argument(help: "A file; - is standard input.") var file: String
        @Flag(help: "Archive flags that it does not name.") var prune = false
        @Flag(help: "Refuse what violates flagd's schema.") var strict = false
        @OptionGroup var change: Change

        func run() async throws {
            let text = try read(file)
            try await place.run { store, environment in
                let bucketing = try await store.flagSet(environment)?.bucketing ?? .cbor
                let document = try CheckedFlagDocument(
                    FlagDocument(parsing: text), bucketing: bucketing, validation: strict ? .strict : .warn)
                for warning in document.warnings { remark("warning: \(warning)") }
                let done = try await store.importFlags(document, prunes: prune, into: environment, by: change.author)
                change.output.answer(
                    "version \(done.version): \(done.created) made, \(done.changed) changed, \(done.archived) archived",
                    [
                        "version": .number(JSONNumber(done.version)), "created": .number(JSONNumber(done.created)),
                        "changed": .number(JSONNumber(done.changed)), "archived": .number(JSONNumber(done.archived)),
                    ])
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The flags as a flagd document.")

        @OptionGroup var place: Place

        func run() async throws {
            try await place.run { store, environment in
                guard let set = try await store.flagSet(environment) else { throw FlagRefusal.unknownEnvironment }
                print(set.document.json.text)
            }
        }
    }

    private static func read(_ file: String) throws -> [UInt8] {
        let data: Data?
        if file == "-" {
            data = try FileHandle.standardInput.readToEnd()
        } else {
            data = FileManager.default.contents(atPath: file)
        }
        guard let data else { throw CommandError("can't read \(file)") }
        return Array(data)
    }
}
