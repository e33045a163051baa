import API
import ArgumentParser
import JSON
import Model
import Postgres
import Requests

struct RequestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request", abstract: "See and steer stored requests.",
        subcommands: [List.self, Show.self, Cancel.self, Replay.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A tenant's requests, newest first.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @Option(help: "Only to this destination.", completion: .destinations) var destination: String?
        @Option(help: "Only with a delivery in one of these states; may be repeated.")
        var state: [RequestFilter.State] = []
        @Option(name: .customLong("class"), help: "Only where the last attempt was of this class.")
        var attemptClass: AttemptClass?
        @Option(help: "Only received at this time or later, as in 2026-12-01T08:00:00Z.") var receivedFrom:
            TimeArgument?
        @Option(help: "Only received before this time.") var receivedBefore: TimeArgument?
        @Option(help: "How many at most, to 100000.") var limit = ListLimit(50)
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await TenantRequests.with(database, tenant: tenant) { requests in
                var filter = RequestFilter()
                filter.destination = try requests.destination(destination)
                filter.states = state
                filter.attemptClass = attemptClass?.rawValue
                filter.receivedFrom = receivedFrom?.timestamp
                filter.receivedBefore = receivedBefore?.timestamp
                var (left, cursor) = (limit.count, RequestID?.none)
                var found: [RequestSummary] = []
                repeat {
                    let page = try await requests.reader.list(
                        filter, before: cursor, limit: min(left, ListBounds.pageLimit), tenant: requests.tenant,
                        shard: requests.shard)
                    found += page.items
                    left -= page.items.count
                    cursor = page.next
                } while left > 0 && cursor != nil
                output.list(found, as: .requests)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A request with its deliveries and attempts.")

        @OptionGroup var target: RequestTarget
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await target.with { requests, id in
                guard
                    let record = try await requests.reader.find(id, tenant: requests.tenant, shard: requests.shard)
                else { throw target.unknown }
                try output.document(json: record.json)
            }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a request's deliveries that wait. An attempt under way goes on, and is the last.")

        @OptionGroup var target: RequestTarget
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await target.with { requests, id in
                let done = try await requests.steering.cancel(
                    id, tenant: requests.tenant, shard: requests.shard, actor: operatorName)
                guard let done else { throw target.unknown }
                output.answer(
                    "\(done.cancelled) cancelled, \(done.stopping) under way for the last time",
                    [
                        "cancelled": .number(JSONNumber(done.cancelled)),
                        "under_way": .number(JSONNumber(done.stopping)),
                    ])
            }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin a request's deliveries that have ended anew, under the same id.")

        @OptionGroup var target: RequestTarget
        @Option(help: "Only to this destination. What was sent to a topic may go to any.")
        var destination: String?
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await target.with { requests, id in
                let answer = try await requests.steering.replay(
                    id, to: try requests.destination(destination, for: id), tenant: requests.tenant,
                    shard: requests.shard,
                    actor: operatorName)
                switch answer {
                case .replayed(let lanes):
                    try await requests.deliveries.arm(lanes)
                    output.answer("\(lanes.count) replayed", ["replayed": .number(JSONNumber(lanes.count))])
                case .notEnded: throw CommandError("no delivery of the request, or none to that destination, has ended")
                case .expired: throw CommandError("the request's expires_at has passed")
                case .unknown: throw target.unknown
                }
            }
        }
    }
}

/// One request of a tenant.
struct RequestTarget: ParsableArguments {
    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
    @Argument(help: "The request's id.") var id: String

    var unknown: CommandError { CommandError("tenant \(tenant) has no request \(id)") }

    func with(_ body: (TenantRequests, RequestID) async throws -> Void) async throws {
        guard let id = RequestID(id) else { throw ValidationError("\(id) is not the id of a request") }
        try await TenantRequests.with(database, tenant: tenant) { try await body($0, id) }
    }
}

extension RequestFilter.State: ExpressibleByArgument {}
extension AttemptClass: ExpressibleByArgument {}
