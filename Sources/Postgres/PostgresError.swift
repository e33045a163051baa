/// What went wrong between us and PostgreSQL. The descriptions name statements, constraints and SQLSTATEs, never the
/// values of parameters or rows, so they may be logged.
package struct PostgresError: Error, Sendable, Equatable {
    package enum Code: String, Sendable {
        /// The server answered with an error; `sqlState` says which.
        case server
        /// No connection could be made.
        case connectFailed
        /// The connection broke while the statement was under way. Whether a write took effect is unknown.
        case connectionLost
        /// The deadline passed before the statement was sent: it had no effect.
        case unavailable
        /// The client's bound on waiting statements is reached: nothing was sent.
        case overloaded
        /// The client was closed.
        case closed
        /// A parameter list or a row does not have the shape that the statement declares.
        case mismatch
        /// The connection string can't be parsed.
        case badConnectionString
        /// A migration that was applied has been edited, is missing, or is newer than this program.
        case migration
    }

    package let code: Code
    package let sqlState: String?
    package let constraint: String?
    package var statement: String?
    /// The server's primary message, or ours.
    package let message: String

    package init(
        _ code: Code, _ message: String, sqlState: String? = nil, constraint: String? = nil, statement: String? = nil
    ) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.constraint = constraint
        self.statement = statement
    }

    /// A write that failed with this error may nevertheless have been committed.
    package var outcomeUnknown: Bool { code == .connectionLost }

    /// The same statement may succeed when it is sent again, perhaps on another connection.
    package var isRetryable: Bool {
        switch code {
        case .connectFailed, .connectionLost: true
        case .server: sqlState.map(Self.retryable) ?? false
        case .unavailable, .overloaded, .closed, .mismatch, .badConnectionString, .migration: false
        }
    }

    /// Serialization failures and deadlocks, lost connections, a server that starts or stops, one that is read-only
    /// because it has been demoted, a full disk, too many connections, and lock time-outs.
    private static func retryable(_ state: String) -> Bool {
        switch state {
        case "40001", "40P01", "55P03", "53100", "53300", "25006": true
        default: state.hasPrefix("08") || state.hasPrefix("57P")
        }
    }

    /// The data itself was refused (class 22: data exception, 23: constraint), so sending it again can't help. A row for
    /// which there is no partition has the code of a broken check, but no check's name: that is a fault of the schema.
    package var isDataError: Bool {
        guard code == .server, let sqlState, sqlState != "23514" || constraint != nil else { return false }
        return sqlState.hasPrefix("22") || sqlState.hasPrefix("23")
    }

    /// The statement had no effect, because the session's prepared statements are out of date or gone, or because its
    /// server has been demoted and another one takes writes.
    var demandsNewSession: Bool {
        switch sqlState {
        case "26000", "25006": true
        case "0A000": message.hasPrefix("cached plan must not change")
        default: false
        }
    }

    /// A bounded vocabulary, fit for a metric label.
    package var shortDescription: String {
        sqlState.map { "\(code.rawValue):\($0)" } ?? code.rawValue
    }
}

extension PostgresError: CustomStringConvertible {
    /// Messages of the classes 22 and 23 may quote data, so they are left out here.
    package var description: String {
        var text = "PostgreSQL: \(shortDescription)"
        if let statement { text += " in \(statement)" }
        if let constraint { text += ", constraint \(constraint)" }
        if !isDataError { text += ": \(message)" }
        return text
    }
}
