import ArgumentParser
import JSON
import Postgres
import Tenants

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look whether the database is fit: what is wrong and how to mend it.",
        discussion: "The exit status is 1 when something is wrong. Nothing is changed.")

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = try database.settings(needed: Catalogue.database)
        let logger = settings.logger()
        let secrets = try settings.secretsKey == nil ? nil : settings.secretBox()
        let seen = try await withClient(
            try settings.connection(), name: "doctor", statements: Observations.statements
        ) { client -> [Finding] in
            let memberships = try await Membership.all(client)
            let roles = Examination.roles(memberships)
            // Without them the login may not even look at the rest.
            guard roles.severity == .fine || !memberships.allSatisfy(\.exists) else { return [roles] }
            let seen = try await Observations.read(
                client, memberships: memberships,
                secrets: secrets.map { ($0, !(settings.secretsOldKeys ?? []).isEmpty) }, logger: logger)
            return Examination(seen: seen).findings
        }
        let findings = SecretFiles.findings(settings) + seen
        output.findings(findings)
        if findings.contains(where: { $0.severity == .wrong }) { throw ExitCode(ExitStatus.failed.rawValue) }
    }
}
