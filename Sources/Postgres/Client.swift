import Synchronization

/// A few connections for one purpose. Safe to use from any task.
package final class Client: Sendable {
    /// What the connections of a client live through. Delivered on the loop's thread: the receiver must not block.
    package enum Event: Sendable {
        /// A connection is ready; if it listens, it does so from now on, so whatever it tells of must be read again.
        case connected
        case disconnected(PostgresError)
        case notification(channel: String, payload: String)
    }

    package struct Configuration: Sendable {
        package var settings: ConnectionSettings
        /// What the connections are for.
        package let name: String
        package var connections: Int
        /// Prepared on every connection.
        package var statements: [Statement]
        package var sessionSettings: [(name: String, value: String)]
        package var channels: [String] = []
        package var onEvent: (@Sendable (Event) -> Void)?
        /// At this many statements, or bytes of parameters, under way or waiting, callers get `.overloaded`.
        package var maximumWaiting = 1_000
        package var maximumWaitingBytes = 64 << 20

        /// - Parameters:
        ///   - name: shown in `pg_stat_activity.application_name` as `sluice/name`; through a pooler it is `sluice`.
        ///   - statementTimeout: the server ends a statement after this time.
        package init(
            _ settings: ConnectionSettings, name: String, connections: Int = 1, statements: [Statement] = [],
            statementTimeout: Duration = .seconds(30)
        ) {
            // A pooler tells a session the name of each client that it gives it to, in a round trip, where it is another.
            let shown = settings.isPooled ? "sluice" : "sluice/\(name)"
            // A peer that vanished without a word is noticed when data stays unacknowledged for this long.
            self.settings = settings.defaulting("tcp_user_timeout", "15000")
                .with("application_name", shown).defaulting("client_encoding", "UTF8")
            self.name = name
            self.connections = connections
            self.statements = statements
            sessionSettings = [
                ("statement_timeout", "\(statementTimeout.microseconds / 1000)"),
                ("idle_in_transaction_session_timeout", "\(statementTimeout.microseconds / 1000)"),
                // Prepared once, planned once: left to itself the server may plan an array's statement at each call.
                ("plan_cache_mode", "force_generic_plan"),
            ]
        }

        /// The connections take this role, of which the login must be a member, before they prepare their statements.
        package func taking(role: String) -> Configuration {
            var copy = self
            copy.sessionSettings.append(("role", role))
            return copy
        }
    }

    /// How long a statement may wait to be sent where the caller does not say.
    package static let defaultDeadline = Duration.seconds(10)

    private struct Load {
        var statements = 0
        var bytes = 0
    }

    private let loop: Loop
    private let id: UInt64
    private let limits: (statements: Int, bytes: Int)
    private let load = Mutex(Load())

    /// Connects in the background and goes on trying; statements wait until then, up to their deadline.
    package init(_ configuration: Configuration, on loop: Loop) {
        self.loop = loop
        id = loop.nextID()
        limits = (configuration.maximumWaiting, configuration.maximumWaitingBytes)
        loop.post(.open(configuration, client: id))
    }

    /// The thread of the connections: see `Loop` as a `TaskExecutor`.
    package var executor: any TaskExecutor { loop }

    /// Closes the connections; whatever waits or is under way fails with `.closed`.
    package func close() async {
        await withCheckedContinuation { loop.post(.close(client: id, $0)) }
    }

    /// A read: it may share its round trip with others, and is sent again when the connection breaks.
    package func query(
        _ statement: Statement, _ parameters: Parameters = Parameters(), within deadline: Duration = defaultDeadline
    ) async throws -> Rows {
        try await run(.read, [(statement, parameters)], deadline).only
    }

    /// A write, in a transaction of its own. A `connectionLost` leaves its outcome unknown.
    package func execute(
        _ statement: Statement, _ parameters: Parameters = Parameters(), within deadline: Duration = defaultDeadline
    ) async throws -> Rows {
        try await run(.write, [(statement, parameters)], deadline).only
    }

    /// Several statements as one implicit transaction, in one round trip.
    package func batch(
        _ statements: [(statement: Statement, parameters: Parameters)], within deadline: Duration = defaultDeadline
    ) async throws -> [Rows] {
        try await run(.write, statements, deadline)
    }

    /// Lends one connection to the body. It goes back when the body ends, and is replaced if a transaction is open then.
    package func withConnection<T>(
        within deadline: Duration = defaultDeadline, _ body: (borrowing Lease) async throws -> T
    ) async throws -> T {
        let lease = Lease(client: self, id: loop.nextID())
        _ = try await submit(id: lease.id) { [id] in .lease(lease.id, client: id, deadline: .now + deadline, $0) }
        do {
            let value = try await body(lease)
            loop.post(.release(lease.id, client: id, discard: false))
            return value
        } catch {
            loop.post(.release(lease.id, client: id, discard: error is CancellationError))
            throw error
        }
    }

    /// BEGIN and COMMIT around the body, ROLLBACK when it throws.
    package func withTransaction<T>(
        within deadline: Duration = defaultDeadline, _ body: (borrowing Lease) async throws -> T
    ) async throws -> T {
        try await withConnection(within: deadline) { lease in
            try await lease.execute(Statement("BEGIN"))
            do {
                let value = try await body(lease)
                // The COMMIT of a transaction in which a statement failed rolls back, and is no error to the server.
                guard try await lease.execute(Statement("COMMIT")).command == "COMMIT" else {
                    throw PostgresError(.server, "a statement of the transaction had failed", sqlState: "25P02")
                }
                return value
            } catch {
                // The error of the body is the one to tell; a connection that can't roll back is replaced.
                _ = try? await lease.execute(Statement("ROLLBACK"))
                throw error
            }
        }
    }

    func run(
        _ kind: Submission.Kind, _ statements: [(statement: Statement, parameters: Parameters)], _ deadline: Duration,
        lease: UInt64? = nil
    ) async throws -> [Rows] {
        for (statement, parameters) in statements { try statement.check(parameters.types) }
        let submission = Submission(
            id: loop.nextID(), kind: kind, statements: statements, deadline: .now + deadline,
            settings: .current, lease: lease)
        let bytes = submission.bytes
        try enter(bytes)
        defer { leave(bytes) }
        return try await submit(id: submission.id) { [id] in .submit(submission, client: id, $0) }
    }

    private func submit(
        id submission: UInt64, _ command: @Sendable (CheckedContinuation<[Rows], any Error>) -> Loop.Command
    ) async throws -> [Rows] {
        try Task.checkCancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation {
                loop.post(command($0))
                // The handler may have run before there was anything to cancel.
                if Task.isCancelled { loop.post(.cancel(submission, client: id)) }
            }
        } onCancel: {
            loop.post(.cancel(submission, client: id))
        }
    }

    private func enter(_ bytes: Int) throws {
        let admitted = load.withLock { load in
            guard load.statements < limits.statements, load.bytes + bytes <= limits.bytes || load.statements == 0 else {
                return false
            }
            load.statements += 1
            load.bytes += bytes
            return true
        }
        guard admitted else { throw PostgresError(.overloaded, "too many statements wait for the database") }
    }

    private func leave(_ bytes: Int) {
        load.withLock { load in
            load.statements -= 1
            load.bytes -= bytes
        }
    }
}

/// A connection that one task has for itself. It can't be copied or kept: it ends with the body it was lent to.
package struct Lease: ~Copyable {
    let client: Client
    let id: UInt64

    @discardableResult
    package func execute(_ statement: Statement, _ parameters: Parameters = Parameters()) async throws -> Rows {
        try await client.run(.write, [(statement, parameters)], Client.defaultDeadline, lease: id).only
    }
}

extension [Rows] {
    /// The result of a submission of one statement; the pipeline gives one result for each.
    var only: Rows {
        get throws {
            guard let rows = first else { throw PostgresError(.mismatch, "the server answered without a result") }
            return rows
        }
    }
}
