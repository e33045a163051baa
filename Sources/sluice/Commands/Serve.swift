import ArgumentParser
import Foundation

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve the API.")

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var flags: SettingFlags

    func run() async throws {
        let settings = try database.settings(flags, needed: Catalogue.databaseAndKey)
        try await Gateway(
            database: settings.connections(), settings: settings, secrets: settings.secretBox(),
            logger: settings.logger()
        ).run(.serve) { port in
            FileHandle.standardOutput.write(Data("listening on port \(port)\n".utf8))
        }
    }
}

struct Work: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Deliver stored requests.")

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var flags: SettingFlags

    func run() async throws {
        let settings = try database.settings(flags, needed: Catalogue.databaseAndKey)
        try await Gateway(
            database: settings.connections(), settings: settings, secrets: settings.secretBox(),
            logger: settings.logger()
        ).run(.work)
    }
}
