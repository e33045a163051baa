import ArgumentParser
import Circuits
import Foundation
import Model
import Postgres
import Requests
import Tenants

struct CircuitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "circuit", abstract: "See and steer the circuits of destinations.",
        subcommands: [
            Show.self, History.self, Pause.self, Resume.self, Force.self, Observe.self, Probe.self, Limit.self,
            Reset.self, PolicyCommand.self, ReplayCommand.self,
        ])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The circuits of a tenant, or one: state, since when and why, next probe, limit, backlog.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @Argument(help: "The destination's name; none: all.", completion: .destinations) var destination: String?
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await withCircuits(database, tenant: tenant) { circuits in
                let key = try await destination.asyncMap { try await circuits.key($0) }
                let views = try await circuits.store.show(
                    shard: circuits.shard, tenant: circuits.tenant, destination: key?.destination)
                if key != nil, let view = views.first { return output.one(view, as: .circuits) }
                output.list(views, as: .circuits)
            }
        }
    }

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What a circuit did and why, newest first.")

        @OptionGroup var target: CircuitTarget
        @Option(help: "How many at most, to 100000.") var limit = ListLimit(20)
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await withCircuits(target.database, tenant: target.tenant) { circuits in
                let key = try await circuits.key(target.destination)
                output.list(try await circuits.store.history(key, limit: Int32(limit.count)), as: .history)
            }
        }
    }

    struct Pause: LastingOrder {
        static let configuration = CommandConfiguration(
            abstract: "Hold all deliveries of a destination, and send no probes.")
        static let word = "pause"
        @OptionGroup var target: CircuitTarget
        @OptionGroup var order: OrderOptions
        @OptionGroup var term: TermOptions
    }

    struct Resume: CircuitOrder {
        static let configuration = CommandConfiguration(abstract: "Give a circuit back to the machine.")
        static let word = "resume"
        @OptionGroup var target: CircuitTarget
        @OptionGroup var order: OrderOptions
    }

    struct Force: LastingOrder {
        static let configuration = CommandConfiguration(
            abstract: "Let all deliveries of a destination through, whatever the machine thinks.")
        static let word = "force"
        @OptionGroup var target: CircuitTarget
        @OptionGroup var order: OrderOptions
        @OptionGroup var term: TermOptions
    }

    struct Observe: LastingOrder {
        static let configuration = CommandConfiguration(
            abstract: "Let everything through, and only tell when the circuit would open.")
        static let word = "observe"
        @OptionGroup var target: CircuitTarget
        @OptionGroup var order: OrderOptions
        @OptionGroup var term: TermOptions
    }

    struct Probe: CircuitOrder {
        static let configuration = CommandConfiguration(abstract: "Make the next probe of an open circuit due now.")
        static let word = "probe"
        @OptionGroup var target: CircuitTarget
        @OptionGroup var order: OrderOptions
    }

    struct Limit: CircuitOrder {
        static let configuration = CommandConfiguration(abstract: "Bound the deliveries under way to a destination.")
        static let word = "limit"
        @OptionGroup var target: CircuitTarget
        @OptionGroup var order: OrderOptions
        @Option(help: "Deliveries; none: the bound is lifted.") var deliveries: Int32?
    }

    struct Reset: CircuitOrder {
        static let configuration = CommandConfiguration(
            abstract: "Make a circuit as it was when its destination was made.")
        static let word = "reset"
        @OptionGroup var target: CircuitTarget
        @OptionGroup var order: OrderOptions
    }

    struct PolicyCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "policy",
            abstract: "Lay parameters over the gateway's defaults, for a tenant's destinations or one of them.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @Argument(help: #"Parameters as JSON, such as {"consecutive": 3, "wait_cap_s": 60}; {} lays nothing."#)
        var parameters: String
        @Option(help: "The destination's name; none: all of the tenant's.") var destination: String?

        func run() async throws {
            let overrides: CircuitPolicy.Overrides
            do {
                overrides = try JSONDecoder().decode(CircuitPolicy.Overrides.self, from: Data(parameters.utf8))
            } catch {
                throw ValidationError("the parameters must be a JSON object of numbers and booleans")
            }
            try await withCircuits(database, tenant: tenant) { circuits in
                let key = try await destination.asyncMap { try await circuits.key($0) }
                do {
                    try await circuits.store.put(
                        overrides, shard: circuits.shard, tenant: circuits.tenant, destination: key?.destination)
                } catch let error as PolicyError {
                    throw CommandError(error.description)
                }
            }
        }
    }

    struct ReplayCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "replay",
            abstract: "Tell a scenario to the machine, without a database; a JSON line a step.")

        @Argument(help: "A JSON file with a policy and steps.") var scenario: String

        func run() throws {
            guard let data = FileManager.default.contents(atPath: scenario) else {
                throw CommandError("\(scenario) can't be read")
            }
            let lines: [ReplayLine]
            do {
                lines = Replay.run(try Scenario(json: data))
            } catch {
                throw CommandError("\(scenario): \(error)")
            }
            for line in lines { print(line.json) }
            if lines.contains(where: { $0.mismatch != nil }) { throw ExitCode(ExitStatus.failed.rawValue) }
        }
    }
}

struct CircuitTarget: ParsableArguments {
    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
    @Argument(help: "The destination's name.", completion: .destinations) var destination: String
}

struct OrderOptions: ParsableArguments {
    @Option(help: "Why; it is kept in the circuit's history.") var reason: String
    @Option(help: "Who; else the user of this shell.") var actor = NSUserName()
    @OptionGroup var output: OutputOptions
}

struct TermOptions: ParsableArguments {
    @Option(name: .customLong("for"), help: "Seconds until the machine decides again; none: until resumed.")
    var seconds: Double?
}

/// A command to a circuit: in force when it returns.
protocol CircuitOrder: AsyncParsableCommand {
    static var word: String { get }
    var target: CircuitTarget { get }
    var order: OrderOptions { get }
    var seconds: Double? { get }
    var deliveries: Int32? { get }
}

/// An order that may end by itself.
protocol LastingOrder: CircuitOrder {
    var term: TermOptions { get }
}

extension LastingOrder {
    var seconds: Double? { term.seconds }
}

extension CircuitOrder {
    var seconds: Double? { nil }
    var deliveries: Int32? { nil }

    func run() async throws {
        try await withCircuits(target.database, tenant: target.tenant) { circuits in
            let key = try await circuits.key(target.destination)
            let until = seconds.map { Timestamp.now + .seconds($0) }
            let answer = try await circuits.store.command(
                Self.word, key, until: until, limit: deliveries, actor: order.actor, note: order.reason)
            guard answer == .done else {
                throw CommandError("the circuit did not obey: \(answer.meaning)")
            }
            try await circuits.arm(target.destination)
            let view = try await circuits.store.show(
                shard: key.shard, tenant: key.tenant, destination: key.destination
            ).first
            guard let view else { throw CommandError("the destination has been deleted meanwhile") }
            order.output.one(view, as: .circuits)
        }
    }
}

extension CircuitStore.Answer {
    fileprivate var meaning: String {
        switch self {
        case .done: "done"
        case .unknown: "there is no such circuit"
        case .mode: "its mode is forced; resume it first"
        case .busy: "a probe is under way"
        case .notOpen: "it is not open"
        }
    }
}

extension Optional {
    fileprivate func asyncMap<T>(_ transform: (Wrapped) async throws -> T) async rethrows -> T? {
        guard let self else { return nil }
        return try await transform(self)
    }
}
