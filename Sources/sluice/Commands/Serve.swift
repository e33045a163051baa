import ArgumentParser
import Foundation

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve the API.")

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let settings = Settings()
        try await Gateway(
            database: database.connections(settings), settings: settings, secrets: settings.secretBox(),
            logger: settings.logger()
        ).run(.serve) { port in
            FileHandle.standardOutput.write(Data("listening on port \(port)\n".utf8))
        }
    }
}

struct Work: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Deliver stored requests.")

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let settings = Settings()
        try await Gateway(
            database: database.connections(settings), settings: settings, secrets: settings.secretBox(),
            logger: settings.logger()
        ).run(.work)
    }
}
