import API
import ArgumentParser
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
        @Argument(help: "The tenant's name.") var tenant: String
        @Option(help: "Only to this destination.") var destination: String?
        @Option(help: "Only with a delivery in one of these states; may be repeated.")
        var state: [RequestFilter.State] = []
        @Option(name: .customLong("class"), help: "Only where the last attempt was of this class.")
        var attemptClass: AttemptClass?
        @Option(help: "Only received at this time or later, as in 2026-12-01T08:00:00Z.") var receivedFrom:
            TimeArgument?
        @Option(help: "Only received before this time.") var receivedBefore: TimeArgument?
        @Option(help: "How many at most.") var limit = 50
        @Flag(help: "An object a line, as the API has them.") var json = false

        func validate() throws {
            guard 1...100_000 ~= limit else { throw ValidationError("--limit must be from 1 to 100000") }
        }

        func run() async throws {
            try await TenantRequests.with(database, tenant: tenant) { requests in
                var filter = RequestFilter()
                filter.destination = try requests.destination(destination)
                filter.states = state
                filter.attemptClass = attemptClass?.rawValue
                filter.receivedFrom = receivedFrom?.timestamp
                filter.receivedBefore = receivedBefore?.timestamp
                var (left, cursor) = (limit, RequestID?.none)
                repeat {
                    let page = try await requests.reader.list(
                        filter, before: cursor, limit: min(left, ListBounds.pageLimit), tenant: requests.tenant,
                        shard: requests.shard)
                    for summary in page.items { print(json ? summary.json : summary.line) }
                    left -= page.items.count
                    cursor = page.next
                } while left > 0 && cursor != nil
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A request with its deliveries and attempts, as JSON, as the API has it.")

        @OptionGroup var target: RequestTarget

        func run() async throws {
            try await target.with { requests, id in
                guard
                    let record = try await requests.reader.find(id, tenant: requests.tenant, shard: requests.shard)
                else { throw target.unknown }
                print(record.json)
            }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a request's deliveries that wait. An attempt under way goes on, and is the last.")

        @OptionGroup var target: RequestTarget

        func run() async throws {
            try await target.with { requests, id in
                let done = try await requests.steering.cancel(
                    id, tenant: requests.tenant, shard: requests.shard, actor: operatorName)
                guard let done else { throw target.unknown }
                print("\(done.cancelled) cancelled, \(done.stopping) under way for the last time")
            }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin a request's deliveries that have ended anew, under the same id.")

        @OptionGroup var target: RequestTarget
        @Option(help: "Only to this destination. What was sent to a topic may go to any.")
        var destination: String?

        func run() async throws {
            try await target.with { requests, id in
                let answer = try await requests.steering.replay(
                    id, to: try requests.destination(destination, for: id), tenant: requests.tenant,
                    shard: requests.shard,
                    actor: operatorName)
                switch answer {
                case .replayed(let lanes):
                    try await requests.deliveries.arm(lanes)
                    print("\(lanes.count) replayed")
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
    @Argument(help: "The tenant's name.") var tenant: String
    @Argument(help: "The request's id.") var id: String

    var unknown: CommandError { CommandError("tenant \(tenant) has no request \(id)") }

    func with(_ body: (TenantRequests, RequestID) async throws -> Void) async throws {
        guard let id = RequestID(id) else { throw ValidationError("\(id) is not the id of a request") }
        try await TenantRequests.with(database, tenant: tenant) { try await body($0, id) }
    }
}

extension RequestFilter.State: ExpressibleByArgument {}
extension AttemptClass: ExpressibleByArgument {}

extension RequestSummary {
    fileprivate var line: String {
        let target = path + (query.map { "?" + $0 } ?? "")
        let states = deliveries.map { delivery in
            "\(delivery.destination) \(delivery.state)"
                + (delivery.attempts > 0 ? " after \(delivery.attempts) (\(delivery.lastClass ?? "under way"))" : "")
        }
        let state = isUnrouted ? "unrouted (\(topic ?? ""))" : states.joined(separator: ", ")
        return "\(id)  \(method) \(target)  \(bytes) bytes  \(state)"
    }
}
