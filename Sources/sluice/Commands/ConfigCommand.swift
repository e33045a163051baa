import ArgumentParser
import Foundation
import JSON
import SettingsEngine

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at the settings: which there are, whether they are right, what holds.",
        subcommands: [Check.self, Show.self, Reference.self, Example.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say all that is wrong with the settings, as `serve` and `work` would, without a database.",
            discussion: "The exit status is \(ExitStatus.settings.rawValue) when something is wrong.")

        @OptionGroup var database: DatabaseOptions
        @OptionGroup var flags: SettingFlags
        @OptionGroup var output: OutputOptions

        func run() throws {
            let settings = try database.settings(flags, needed: Catalogue.databaseAndKey)
            let foreign = ProcessInfo.processInfo.environment.filter { variable, value in
                variable.hasPrefix(Naming.prefix) && ServiceLink.matches(variable, value)
            }.keys.sorted().map {
                Finding.fine("variables", "\($0) is left alone: Kubernetes sets it for a service of that name")
            }
            output.findings(
                SecretFiles.findings(settings) + foreign + [.fine("settings", "the settings are right")])
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what holds and where it comes from. Secrets are shown as `set`.")

        @OptionGroup var database: DatabaseOptions
        @OptionGroup var flags: SettingFlags
        @OptionGroup var output: OutputOptions

        private struct Held {
            let name: String
            let value: String
            let origin: String
        }

        func run() throws {
            let found = try database.settings(flags).values.found
            let held = Catalogue.all.map { declaration in
                let given = found[declaration.name]
                return Held(
                    name: declaration.name,
                    value: given.map { declaration.isSecret ? "set" : $0.text } ?? declaration.standardText ?? "",
                    origin: given.map { "\($0.source.rawValue) (\($0.label))" } ?? "default")
            }
            let columns: [Listing<Held>.Column] = [
                .init("name", \.name), .init("value", \.value), .init("origin", \.origin),
            ]
            output.list(
                held,
                as: Listing(columns) { held in
                    JSONValue.object([
                        "name": .string(held.name), "value": held.value.isEmpty ? .null : .string(held.value),
                        "origin": .string(held.origin),
                    ]).text
                })
        }
    }

    struct Reference: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print the table of docs/configuration.md.")

        func run() { print(Documentation.reference(Catalogue.all)) }
    }

    struct Example: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a file with every setting, its meaning and its default: docs/sluice.example.yaml.")

        func run() { print(Documentation.example(Catalogue.inFiles), terminator: "") }
    }
}
