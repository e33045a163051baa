import API
import ArgumentParser
import JSON
import Model
import Postgres
import Tenants

struct RolloutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout", abstract: "Give a flag's variant to more and more, step by step, and watch it.",
        subcommands: [
            Start.self, Show.self, History.self, Approve.self, Hold.self, Resume.self, Rollback.self, Cancel.self,
        ])

    struct Target: ParsableArguments {
        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The tenant's name.", completion: .tenants) var tenant: String
        @Argument(help: "The flag's key.") var key: String
        @Option(name: .shortAndLong, help: "The environment whose flag it is.")
        var environment = FlagEnvironment.standard
        @OptionGroup var output: OutputOptions

        func run(_ body: (TenantStore, FlagEnvironment) async throws -> Void) async throws {
            try await withTenants(database) { store in
                let owner = try await store.requireTenant(named: tenant)
                let place = FlagEnvironment(tenant: owner.id, shard: owner.shard, name: environment)
                do {
                    try await body(store, place)
                } catch let refusal as RolloutRefusal {
                    throw CommandError(refusal.description)
                }
            }
        }
    }

    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Begin a rollout with its first step.")

        @OptionGroup var target: Target
        @Argument(help: "The variant that all have now.") var control: String
        @Argument(help: "The variant that all shall have.") var treatment: String
        @Option(
            help: "WEIGHT:SECONDS, with :approve where a person must agree to its end; of 10000. May be repeated.")
        var step: [String]
        @Option(help: "The attribute of the context by whose value sides are taken.") var unit: String?
        @Option(help: "What a regression does: rollback, hold or observe.") var guardMode: String?
        @Option(help: "Outcomes that each side must have before it is judged.") var minimum: Int?
        @Flag(help: "The units of the last rollout are first again.") var keepSeed = false
        @Option(help: "Why; kept with the flag's revision.") var reason: String?

        func run() async throws {
            let plan = try checked { try RolloutPlan(document(try step.map(Self.step))) }
            try await target.run { store, environment in
                let rollout = try await store.startRollout(
                    plan, of: target.key, in: environment, by: FlagAuthor(operatorName, reason: reason))
                target.output.answer(rollout.id.description, json: rollout.shown.text)
            }
        }

        private func document(_ steps: [JSONValue]) -> JSONValue {
            .object([
                "control": .string(control), "treatment": .string(treatment), "steps": .array(steps),
                "unit": unit.map { .string($0) } ?? .null, "keep_seed": .bool(keepSeed),
                "guard": .object([
                    "mode": guardMode.map { .string($0) } ?? .null,
                    "min_n": minimum.map { .number(JSONNumber($0)) } ?? .null,
                ]),
            ])
        }

        private static func step(_ text: String) throws -> JSONValue {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard 2...3 ~= parts.count, let weight = Int(parts[0]), let hold = Int(parts[1]),
                parts.count == 2 || parts[2] == "approve"
            else { throw ValidationError("--step: \(text) is not WEIGHT:SECONDS or WEIGHT:SECONDS:approve") }
            return .object([
                "weight": .number(JSONNumber(weight)), "hold_s": .number(JSONNumber(hold)),
                "approval": .bool(parts.count == 3),
            ])
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The flag's rollout: the one under way, or else the last.")

        @OptionGroup var target: Target

        func run() async throws {
            try await target.run { store, environment in
                guard let rollout = try await store.rollouts(of: target.key, limit: 1, in: environment).first else {
                    throw CommandError("flag \(target.key) never had a rollout")
                }
                target.output.document(rollout.shown)
            }
        }
    }

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The flag's rollouts, the newest first.")

        @OptionGroup var target: Target
        @Option(help: "How many at most, to 100000.") var limit = ListLimit(20)

        func run() async throws {
            try await target.run { store, environment in
                let rollouts = try await store.rollouts(of: target.key, limit: limit.count, in: environment)
                target.output.list(rollouts, as: .rollouts)
            }
        }
    }

    struct Approve: RolloutSteering {
        static let configuration = CommandConfiguration(abstract: "Agree to the end of the step.")
        static let word = RolloutOrder.approve
        @OptionGroup var target: Target
        @Option(help: "Why; kept with the flag's revision.") var reason: String?
    }

    struct Hold: RolloutSteering {
        static let configuration = CommandConfiguration(
            abstract: "Stay with the step until it is resumed; regressions still roll back.")
        static let word = RolloutOrder.hold
        @OptionGroup var target: Target
        @Option(help: "Why; kept with the flag's revision.") var reason: String?
    }

    struct Resume: RolloutSteering {
        static let configuration = CommandConfiguration(
            abstract: "Begin the step of a held rollout anew, with the flag as it is now.")
        static let word = RolloutOrder.resume
        @OptionGroup var target: Target
        @Option(help: "Why; kept with the flag's revision.") var reason: String?
    }

    struct Rollback: RolloutSteering {
        static let configuration = CommandConfiguration(abstract: "End it: all get the control.")
        static let word = RolloutOrder.rollback
        @OptionGroup var target: Target
        @Option(help: "Why; kept with the flag's revision.") var reason: String?
    }

    struct Cancel: RolloutSteering {
        static let configuration = CommandConfiguration(abstract: "End it: who has the treatment keeps it.")
        static let word = RolloutOrder.cancel
        @OptionGroup var target: Target
        @Option(help: "Why; kept with the flag's revision.") var reason: String?
    }
}

/// A command to a rollout: in force when it returns.
protocol RolloutSteering: AsyncParsableCommand {
    static var word: RolloutOrder { get }
    var target: RolloutCommand.Target { get }
    var reason: String? { get }
}

extension RolloutSteering {
    func run() async throws {
        try await target.run { store, environment in
            let rollout = try await store.order(
                Self.word, rolloutOf: target.key, in: environment, by: FlagAuthor(operatorName, reason: reason))
            target.output.one(rollout, as: .rollouts)
        }
    }
}
