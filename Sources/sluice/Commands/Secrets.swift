import ArgumentParser
import JSON
import Tenants

struct SecretsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secrets", abstract: "Look after the key that seals secrets.",
        subcommands: [NewKey.self, Rotate.self])

    struct NewKey: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "new-key", abstract: "Print a new key for SLUICE_SECRETS_KEY.")

        @OptionGroup var output: OutputOptions

        func run() {
            let key = SecretBox.newKey()
            output.answer(key, ["key": .string(key)])
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seal all secrets anew with the current key.",
            discussion: """
                Before: give every process the new key in SLUICE_SECRETS_KEY and the old one in SLUICE_SECRETS_OLD_KEYS. \
                Afterwards the old one is not needed any more. Can be stopped and begun again at any time.
                """)

        @OptionGroup var database: DatabaseOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await withTenants(database) { store in
                let resealing = try await store.resealSecrets()
                output.answer(
                    "sealed anew: \(resealing.resealed)", ["resealed": .number(JSONNumber(resealing.resealed))])
                guard resealing.failures.isEmpty else {
                    throw CommandError(
                        "\(resealing.failures.count) could not be opened, and stay as they are:\n"
                            + resealing.failures.joined(separator: "\n"))
                }
            }
        }
    }
}
