import ArgumentParser
import Foundation
import Postgres

struct Top: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Watch the gateway: rates, backlog, circuits, and the destinations that have work.",
        discussion: """
            Keys: b, o, f and t sort by backlog, oldest, failures and tenant; j, k and the arrows scroll; q ends. Where \
            standard output is no terminal, a frame is printed each interval. The first thousand lanes with a backlog \
            are looked at, and of each a thousand deliveries are counted.
            """)

    @OptionGroup var database: DatabaseOptions
    @Option(help: "Seconds between looks, from 0.2 to 3600.") var interval = 2.0
    @Option(help: "backlog, oldest, failures or tenant.") var sort = TopView.Order.backlog
    @Flag(help: "Print one frame, with the rates of one interval.") var once = false
    @Flag(help: "Print JSON: an object a look.") var json = false

    func validate() throws {
        guard 0.2...3_600 ~= interval else { throw ValidationError("--interval must be from 0.2 to 3600") }
    }

    func run() async throws {
        let connection = try database.settings(needed: Catalogue.database).connection()
        try await withClient(connection, name: "top", statements: TopReading.statements) { client in
            let loop = TopLoop(client: client, interval: .seconds(interval))
            if once { return tell(try await loop.once()) }
            guard !json, let screen = Screen() else { return try await loop.print(tell) }
            defer { screen.restore() }
            try await loop.run(on: screen, order: sort)
        }
    }

    private func tell(_ frame: TopFrame) {
        var frame = frame
        frame.view.order = sort
        let text = json ? frame.json : frame.lines().joined(separator: "\n")
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }
}

extension TopView.Order: ExpressibleByArgument {}
