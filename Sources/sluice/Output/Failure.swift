import ArgumentParser
import JSON
import Postgres

/// How the program ends; numbers of sysexits.h where they say more than 1.
enum ExitStatus: Int32, CaseIterable {
    case done = 0
    /// It could not be done, or something is wrong.
    case failed = 1
    /// The command is not as it must be; ArgumentParser's own.
    case usage = 64
    case databaseUnavailable = 69
    /// The same command may succeed a moment later.
    case tryAgain = 75
    /// A supervisor need not start the process again.
    case settings = 78

    var meaning: String {
        switch self {
        case .done: "done"
        case .failed: "it could not be done, or (doctor) something is wrong"
        case .usage: "the command is not as it must be"
        case .databaseUnavailable: "the database can't be reached"
        case .tryAgain: "something else changed it meanwhile; try again"
        case .settings: "a setting is wrong, unknown or missing"
        }
    }
}

/// What went wrong, for the person at the terminal: not a matter of how the command was spelt.
struct CommandError: Error, CustomStringConvertible {
    let description: String
    let status: ExitStatus

    init(_ description: String, status: ExitStatus = .failed) {
        self.description = description
        self.status = status
    }
}

/// An error as the program tells it when it ends.
struct Failure: Equatable {
    let message: String
    let status: ExitStatus

    init(_ error: any Error) {
        switch error {
        case let error as CommandError: (message, status) = (error.description, error.status)
        case let error as InvalidSettings: (message, status) = (error.faults.joined(separator: "\n"), .settings)
        case let error as PostgresError: (message, status) = (Self.message(error), Self.status(error))
        default: (message, status) = (String(describing: error), .failed)
        }
    }

    /// For standard error; an object where the command was asked for JSON. Faults of settings are lines that begin with
    /// where they are.
    func text(asJSON: Bool) -> String {
        guard asJSON else { return status == .settings ? message : "Error: \(message)" }
        return JSONWriter.text { writer in
            writer.object { writer in
                writer.name("error")
                writer.object { writer in
                    writer.name("status")
                    writer.number(status.rawValue)
                    writer.member("message", message)
                }
            }
        }
    }

    private static func status(_ error: PostgresError) -> ExitStatus {
        switch error.code {
        case .connectFailed, .connectionLost, .unavailable: .databaseUnavailable
        case .badConnectionString: .settings
        case .overloaded: .tryAgain
        case .server: error.isRetryable ? .tryAgain : .failed
        case .closed, .mismatch, .migration: .failed
        }
    }

    private static func message(_ error: PostgresError) -> String {
        switch status(error) {
        case .databaseUnavailable:
            "the database can't be reached: \(error.message). Is it the one of --database-url or SLUICE_DATABASE_URL, and up?"
        case .tryAgain: "\(error); try again"
        case .done, .failed, .usage, .settings: error.description
        }
    }
}
