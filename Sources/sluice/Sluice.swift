import ArgumentParser

@main
struct Sluice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract:
            "A storage-first gateway: requests are committed to PostgreSQL before they are answered, and delivered later.",
        subcommands: [
            Up.self, Serve.self, Work.self, Migrate.self, Doctor.self, ConfigCommand.self, TenantCommand.self,
            KeyCommand.self,
            DestinationCommand.self, RouteCommand.self, SourceCommand.self, FlagCommand.self, RolloutCommand.self,
            SecretsCommand.self,
            CircuitCommand.self,
            HealthCommand.self, RequestCommand.self,
            DeadLetterCommand.self,
            SinkCommand.self, DemoCommand.self, BenchCommand.self,
        ])
}
