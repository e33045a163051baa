import ArgumentParser
import Foundation
import SettingsEngine

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at the settings: which there are, whether they are right, what holds.",
        subcommands: [Check.self, Show.self, Reference.self, Example.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say all that is wrong with the settings, as `serve` and `work` would, without a database.",
            discussion: "The exit status is \(InvalidSettings.status) when something is wrong.")

        @OptionGroup var database: DatabaseOptions
        @OptionGroup var flags: SettingFlags

        func run() throws {
            let settings = try database.settings(flags, needed: Catalogue.databaseAndKey)
            for finding in SecretFiles.findings(settings) { print(finding) }
            for (variable, value) in ProcessInfo.processInfo.environment.sorted(by: { $0.key < $1.key })
            where variable.hasPrefix(Naming.prefix) && ServiceLink.matches(variable, value) {
                print("fine: \(variable) is left alone: Kubernetes sets it for a service of that name")
            }
            print("fine: the settings are right")
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what holds and where it comes from. Secrets are shown as `set`.")

        @OptionGroup var database: DatabaseOptions
        @OptionGroup var flags: SettingFlags

        func run() throws {
            let found = try database.settings(flags).reading.found
            let rows = Catalogue.all.map { declaration in
                let given = found[declaration.name]
                let value = given.map { declaration.isSecret ? "set" : $0.text } ?? declaration.standardText ?? ""
                let origin = given.map { "\($0.source.rawValue) (\($0.label))" } ?? "default"
                return [declaration.name, value.isEmpty ? "-" : value, origin]
            }
            for row in rows { print(Self.line(row, of: rows)) }
        }

        private static func line(_ row: [String], of rows: [[String]]) -> String {
            row.enumerated().map { column, text in
                let width = column == row.count - 1 ? 0 : rows.map { $0[column].count }.max() ?? 0
                return text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0)
            }.joined(separator: "  ")
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
