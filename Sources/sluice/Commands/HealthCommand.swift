import ArgumentParser
import Circuits
import Foundation
import JSON
import Model
import Postgres
import Tenants

struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health", abstract: "Health checks, which open circuits and bring probes forward.",
        subcommands: [Add.self, List.self, Remove.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give a destination a health check; prints its id.")

        @OptionGroup var of: CircuitTarget
        @Argument(help: "http, tcp or tls.") var kind: HealthCheckDefinition.Kind
        @Argument(help: "The URL of an HTTP check; host:port of the others.") var target: String
        @Option(help: "canary: a request closes the circuit; direct: the check does; advisory: it is shown only.")
        var policy = HealthPolicy.canary
        @Option(help: "Seconds for a check.") var timeout = 5.0
        @Option(help: "Seconds between checks while all is well.") var interval: Double?
        @Option(help: "What the body must contain.") var contains: String?
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await withCircuits(of.database, tenant: of.tenant) { circuits in
                let key = try await circuits.key(of.destination)
                var check = HealthCheckDefinition(
                    shard: key.shard, tenant: key.tenant, destination: key.destination, kind: kind, target: target)
                check.policy = policy
                check.timeout = .seconds(timeout)
                check.exchange.bodyContains = contains
                if let interval { check.overrides = .init(["interval_s": .number(interval)]) }
                do {
                    try await circuits.health.put(check)
                } catch let error as PolicyError {
                    throw CommandError(error.description)
                }
                output.answer(check.id.description, ["id": .string(check.id.description)])
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A destination's health checks and their opinions.")

        @OptionGroup var of: CircuitTarget
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await withCircuits(of.database, tenant: of.tenant) { circuits in
                let key = try await circuits.key(of.destination)
                let records = try await circuits.health.list(
                    of: key.destination, tenant: key.tenant, shard: key.shard)
                output.list(records, as: .checks)
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a health check.")

        @OptionGroup var of: CircuitTarget
        @Argument(help: "Its id.") var check: String

        func run() async throws {
            guard let id = HealthCheckID(check) else { throw ValidationError("\(check) is no id") }
            try await withCircuits(of.database, tenant: of.tenant) { circuits in
                let key = try await circuits.key(of.destination)
                guard
                    try await circuits.health.delete(id, of: key.destination, tenant: key.tenant, shard: key.shard)
                else { throw CommandError("\(of.destination) has no such check") }
            }
        }
    }
}

extension HealthCheckDefinition.Kind: ExpressibleByArgument {}
extension HealthPolicy: ExpressibleByArgument {}
