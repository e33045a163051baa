import Foundation
import TestSupport

/// A database with a tenant, its key and a destination named `sink`, made by the commands that an operator uses.
struct Installation {
    static let secret = [UInt8](repeating: 0x5a, count: 32)

    let processes: Processes
    let key: String
    let environment: [String: String]

    /// - Parameter options: of `destination put`.
    init(_ processes: Processes, database: String, destination: String, options: [String] = []) async throws {
        self.processes = processes
        environment = [
            "SLUICE_DATABASE_URL": database, "SLUICE_PORT": "0",
            "SLUICE_SECRETS_KEY": Data(repeating: 7, count: 32).base64EncodedString(),
            "SLUICE_EGRESS_ALLOW": "127.0.0.0/8", "SLUICE_SERVE_DRAIN": "0",
        ]
        for command in [["migrate"], ["tenant", "create", "acme"]] {
            try await Self.succeed(command, processes, environment)
        }
        key = try await Self.succeed(["key", "create", "acme"], processes, environment)
        try await Self.succeed(
            ["destination", "put", "acme", "sink", destination] + options, processes, environment)
    }

    /// Runs a command that must succeed; returns what it printed.
    func run(_ command: [String]) async throws -> String { try await Self.succeed(command, processes, environment) }

    /// The words of each row of a table that a command printed, without the titles.
    func rows(_ command: [String]) async throws -> [[String]] {
        try await run(command).split(separator: "\n").dropFirst().map { $0.split(separator: " ").map(String.init) }
    }

    func serve(_ more: [String: String] = [:]) async throws -> (process: GatewayProcess, caller: Caller) {
        let process = try processes.start(["serve"], environment.merging(more) { $1 })
        let port = try await process.line("listening on port ")
        return (process, Caller(url: "http://127.0.0.1:\(port)", key: key))
    }

    func work(_ more: [String: String] = [:]) throws -> GatewayProcess {
        try processes.start(["work"], environment.merging(more) { $1 })
    }

    /// What the command printed.
    @discardableResult
    private static func succeed(
        _ command: [String], _ processes: Processes, _ environment: [String: String]
    ) async throws -> String {
        let process = try await processes.run(command, environment)
        guard process.status == 0 else {
            throw NeverHappened("sluice \(command.joined(separator: " ")): \(process.output)\(process.errors)")
        }
        return process.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
