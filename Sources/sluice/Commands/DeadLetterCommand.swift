import API
import ArgumentParser
import JSON
import Model
import Postgres
import Requests

struct DeadLetterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letter", abstract: "See dead letters, and replay many of them.",
        subcommands: [List.self, Replay.self, Replays.self, Cancel.self])

    struct Selection: ParsableArguments {
        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @Option(help: "Only to this destination.", completion: .destinations) var destination: String?
        @Option(name: .customLong("class"), help: "Only where the last attempt was of this class.")
        var attemptClass: AttemptClass?
        @Option(help: "Only dead since this time, as in 2026-12-01T08:00:00Z.") var deadFrom: TimeArgument?
        @Option(help: "Only dead before this time.") var deadBefore: TimeArgument?

        func filter(_ requests: TenantRequests) throws -> DeadLetterFilter {
            var filter = DeadLetterFilter()
            filter.destination = try requests.destination(destination)
            filter.attemptClass = attemptClass?.rawValue
            filter.deadFrom = deadFrom?.timestamp
            filter.deadBefore = deadBefore?.timestamp
            return filter
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A tenant's dead letters, those of the newest requests first.")

        @OptionGroup var selection: Selection
        @Option(help: "How many at most, to 100000.") var limit = ListLimit(50)
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await TenantRequests.with(selection.database, tenant: selection.tenant) { requests in
                let filter = try selection.filter(requests)
                var (left, position) = (limit.count, DeadLetter.Position?.none)
                var letters: [DeadLetter] = []
                repeat {
                    let page = try await requests.replays.letters(
                        filter, before: position, limit: min(left, ListBounds.pageLimit), tenant: requests.tenant,
                        shard: requests.shard)
                    letters += page.items
                    left -= page.items.count
                    position = page.next
                } while left > 0 && position != nil
                output.list(letters, as: .deadLetters)
            }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin dead letters anew: what is dead now and fits, at a rate, by the leader.")

        @OptionGroup var selection: Selection
        @Option(help: "How many a second, from 0.01 to 1000.") var rate = 100.0
        @Flag(help: "Only count them.") var dryRun = false
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard 0.01...1_000 ~= rate else { throw ValidationError("--rate must be from 0.01 to 1000") }
        }

        func run() async throws {
            try await TenantRequests.with(selection.database, tenant: selection.tenant) { requests in
                let filter = try selection.filter(requests)
                if dryRun {
                    let (count, isExact) = try await requests.replays.count(
                        filter, tenant: requests.tenant, shard: requests.shard)
                    return output.answer(
                        "\(isExact ? "" : "at least ")\(count)",
                        ["count": .number(JSONNumber(count)), "is_exact": .bool(isExact)])
                }
                let task = try await requests.replays.start(
                    filter, ratePerSecond: rate, tenant: requests.tenant, shard: requests.shard, actor: operatorName)
                guard let task else { throw CommandError("8 replays of the tenant run already; cancel one, or wait") }
                output.answer(task.id.description, json: task.json)
            }
        }
    }

    struct Replays: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A tenant's last replays, and how far they have come.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await TenantRequests.with(database, tenant: tenant) { requests in
                let page = try await requests.replays.list(
                    before: nil, limit: ListBounds.pageLimit, tenant: requests.tenant, shard: requests.shard)
                output.list(page.items, as: .replays)
            }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cancel-replay", abstract: "End a replay where it stands.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @Argument(help: "The replay's id.") var id: String
        @OptionGroup var output: OutputOptions

        func run() async throws {
            guard let id = ReplayID(id) else { throw ValidationError("\(id) is not the id of a replay") }
            try await TenantRequests.with(database, tenant: tenant) { requests in
                _ = try await requests.replays.cancel(id, tenant: requests.tenant, shard: requests.shard)
                guard let task = try await requests.replays.find(id, tenant: requests.tenant, shard: requests.shard)
                else { throw CommandError("tenant \(tenant) has no replay \(id)") }
                try output.document(json: task.json)
            }
        }
    }
}
