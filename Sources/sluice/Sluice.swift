import ArgumentParser
import Foundation

@main
struct Sluice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract:
            "A storage-first gateway: requests are committed to PostgreSQL before they are answered, and delivered later.",
        discussion: "Exit status:\n"
            + ExitStatus.allCases.map { "  \($0.rawValue)  \($0.meaning)" }.joined(separator: "\n"),
        subcommands: [Completion.self],
        groupedSubcommands: [
            .init(name: "Run", subcommands: [Up.self, Serve.self, Work.self, Migrate.self]),
            .init(name: "Look", subcommands: [Top.self, DoctorCommand.self, ConfigCommand.self]),
            .init(
                name: "Tenants",
                subcommands: [
                    TenantCommand.self, KeyCommand.self, DestinationCommand.self, RouteCommand.self, SourceCommand.self,
                    FlagCommand.self, RolloutCommand.self, SecretsCommand.self,
                ]),
            .init(
                name: "Deliveries",
                subcommands: [CircuitCommand.self, HealthCommand.self, RequestCommand.self, DeadLetterCommand.self]),
            .init(name: "Try and measure", subcommands: [SinkCommand.self, DemoCommand.self, BenchCommand.self]),
        ])

    /// As ArgumentParser's, with a status and a line of our own for what is no matter of how the command was spelt.
    static func main() async {
        do {
            var command = try await asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            // Help, wrong usage, and a status that needs no words.
            if exitCode(for: error) != .failure || error is ExitCode { exit(withError: error) }
            let failure = Failure(error)
            remark(failure.text(asJSON: CommandLine.arguments.contains(OutputOptions.flag)))
            Foundation.exit(failure.status.rawValue)
        }
    }
}
