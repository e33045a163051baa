internal import CLibpq

/// One PGconn, confined to the loop's thread: sockets and libpq calls here, decisions in `ConnectionState` and
/// `Pipeline`.
final class Connection {
    /// libpq does not apply `connect_timeout` to non-blocking connects; this bounds one attempt over all hosts.
    static let connectTimeout = Duration.seconds(5)
    /// How long a listening connection may be silent before it is asked for a sign of life, and how long that may take.
    static let pingAfter = Duration.seconds(10)
    static let pingTimeout = Duration.seconds(5)
    /// Ids below `Reactor.firstFreeID` are the connection's own submissions.
    private static let setupID: UInt64 = 1
    private static let pingID: UInt64 = 2

    let key: UInt64
    var lease: UInt64?
    private let configuration: Client.Configuration
    private let sessionSettings: LocalSettings
    private let poller: Int32
    private unowned let pool: Pool
    private var isPooled: Bool { configuration.settings.isPooled }
    private var state = ConnectionState()
    private var pipeline = Pipeline<Submission, Rows>()
    private var handle: OpaquePointer?
    private var socket: Int32 = -1
    private var failure: PostgresError?
    /// A retry, the end of a connect attempt, a ping, or the end of one; which one follows from the state.
    private(set) var timer: ContinuousClock.Instant?
    private var isPinging = false

    init(key: UInt64, configuration: Client.Configuration, poller: Int32, pool: Pool) {
        self.key = key
        self.configuration = configuration
        sessionSettings = LocalSettings(configuration.sessionSettings)
        self.poller = poller
        self.pool = pool
    }

    var isReady: Bool { state.phase == .ready }
    var unitsUnderWay: Int { pipeline.count }

    func apply(_ event: ConnectionState.Event) {
        switch state.handle(event, jitter: .random(in: 0..<1)) {
        case .none: break
        case .connect(let attempt): connect(attempt: attempt)
        case .prepare: prepare()
        case .serve:
            rearmPing()
            pool.didBecomeReady()
        case .retry(let delay):
            disconnect()
            timer = .now + delay
        case .finish: disconnect()
        }
    }

    func fireTimer(now: ContinuousClock.Instant) {
        guard let due = timer, due <= now else { return }
        timer = nil
        switch state.phase {
        case .disconnected: apply(.retryDue)
        case .connecting, .preparing: fail(PostgresError(.connectFailed, "no answer within \(Self.connectTimeout)"))
        case .ready where isPinging: fail(PostgresError(.connectionLost, "no answer to a ping"))
        case .ready: ping()
        case .closed: break
        }
    }

    func ready() {
        switch state.phase {
        case .connecting: pollConnect()
        case .preparing, .ready: consume()
        case .disconnected, .closed: break
        }
    }

    /// Ends a lease; a connection that is left inside a transaction is replaced.
    func endLease(discard: Bool) {
        lease = nil
        if discard || PQtransactionStatus(handle) != PQTRANS_IDLE {
            fail(PostgresError(.connectionLost, "given back inside a transaction"))
        }
    }

    private func fail(_ error: PostgresError) {
        failure = error
        apply(.failed)
    }

    private func disconnect() {
        timer = nil
        isPinging = false
        lease = nil
        if socket >= 0 { sluice_epoll_forget(poller, socket) }
        socket = -1
        PQfinish(handle)
        handle = nil
        let error = failure ?? PostgresError(.closed, "the database client is closed")
        failure = nil
        let abandoned = pipeline.abandon()
        pool.didFail(error)
        for (submission, own) in abandoned where submission.id >= Reactor.firstFreeID {
            var lost = own ?? PostgresError(.connectionLost, error.message, sqlState: error.sqlState)
            lost.statement = submission.name
            pool.didAbandon(submission, lost)
        }
    }
}

// Connecting
extension Connection {
    private func connect(attempt: Int) {
        timer = .now + Self.connectTimeout
        let options = configuration.settings.rotated(by: attempt).options
        handle = withCStrings(options.map(\.keyword)) { keywords in
            withCStrings(options.map(\.value)) { values in PQconnectStartParams(keywords, values, 0) }
        }
        guard let handle, PQstatus(handle) != CONNECTION_BAD else { return connectFailed() }
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        watch(UInt32(sluice_writable))
    }

    private func pollConnect() {
        switch PQconnectPoll(handle) {
        case PGRES_POLLING_READING: watch(UInt32(sluice_readable))
        case PGRES_POLLING_WRITING: watch(UInt32(sluice_writable))
        case PGRES_POLLING_OK:
            watch(UInt32(sluice_readable))
            apply(.connected)
        default: connectFailed()
        }
    }

    /// libpq's message names host, port and the server's own words, never the password.
    private func connectFailed() {
        let message = handle.flatMap { PQerrorMessage($0) }.map { String(cString: $0) } ?? "out of memory"
        fail(PostgresError(.connectFailed, message.split(whereSeparator: \.isNewline).joined(separator: "; ")))
    }

    /// In one round trip.
    private func prepare() {
        guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else { return connectFailed() }
        let setup = Submission(id: Self.setupID, kind: .write, statements: [], deadline: .now)
        pipeline.sent([(setup, isPooled ? sendSignOfLife() : sendSession())])
        endGroup()
    }

    /// Session settings, LISTENs and all prepared statements; returns how many were sent.
    private func sendSession() -> Int {
        var count = 0
        for (name, value) in configuration.sessionSettings {
            count += sendQuery("SELECT set_config($1, $2, false)", Parameters(name, value)) ? 1 : 0
        }
        for channel in configuration.channels {
            count += sendQuery("LISTEN \"\(channel)\"", Parameters()) ? 1 : 0
        }
        for statement in configuration.statements + [LocalSettings.statement] {
            count += PQsendPrepare(handle, statement.name, statement.sql, 0, nil) == 1 ? 1 : 0
        }
        return count
    }

    /// A pooler keeps no session for us, and lets clients in while its server is away.
    private func sendSignOfLife() -> Int { sendQuery("SELECT 1", Parameters()) ? 1 : 0 }
}

// Sending
extension Connection {
    /// Sends the submissions behind one Sync.
    func send(_ submissions: [Submission]) {
        // They share a transaction: a setting that one makes is unmade before the next that lacks it.
        let settings = submissions.map { isPooled ? $0.settings.over(sessionSettings) : $0.settings }
        let units = zip(submissions, zip(settings, [LocalSettings()] + settings)).map { submission, settings in
            (submission, settings.0.statements(after: settings.1, prepared: !isPooled) + submission.statements)
        }
        pipeline.sent(units.map { ($0, $1.count) })
        for (statement, parameters) in units.flatMap(\.1) {
            guard send(statement, parameters) else { return connectionBroke() }
        }
        endGroup()
    }

    /// By name where it has been prepared, and else with its text.
    private func send(_ statement: Statement, _ parameters: Parameters) -> Bool {
        if statement.name.isEmpty { return sendQuery(statement.sql, parameters) }
        return isPooled
            ? sendQuery(statement.sql, parameters, declaringTypes: false) : sendPrepared(statement.name, parameters)
    }

    private func endGroup() {
        guard PQpipelineSync(handle) == 1 else { return connectionBroke() }
        flush()
    }

    private func flush() {
        switch PQflush(handle) {
        case 0: watch(UInt32(sluice_readable))
        case 1: watch(UInt32(sluice_readable) | UInt32(sluice_writable))
        default: connectionBroke()
        }
    }

    private func sendPrepared(_ name: String, _ parameters: Parameters) -> Bool {
        parameters.withPointers { count, values, lengths, formats in
            PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1) == 1
        }
    }

    /// - Parameter declaringTypes: otherwise the server infers the types of parameters, as it does when it prepares.
    private func sendQuery(_ sql: String, _ parameters: Parameters, declaringTypes: Bool = true) -> Bool {
        let types = parameters.types.map { declaringTypes ? $0.rawValue : 0 }
        return parameters.withPointers { count, values, lengths, formats in
            PQsendQueryParams(handle, sql, count, types, values, lengths, formats, 1) == 1
        }
    }

    /// The socket may change while libpq tries several hosts, so it is asked for each time.
    private func watch(_ interest: UInt32) {
        let current = PQsocket(handle)
        if current != socket, socket >= 0 { sluice_epoll_forget(poller, socket) }
        socket = current
        if socket < 0 || sluice_epoll_watch(poller, socket, interest, key) != 0 { connectionBroke() }
    }

    private func ping() {
        isPinging = true
        timer = .now + Self.pingTimeout
        send([
            Submission(
                id: Self.pingID, kind: .read, statements: [(Statement("SELECT 1"), Parameters())], deadline: .now)
        ])
    }

    private func rearmPing() {
        isPinging = false
        timer = configuration.channels.isEmpty ? nil : .now + Self.pingAfter
    }
}

// Receiving
extension Connection {
    private func consume() {
        guard PQconsumeInput(handle) == 1 else { return connectionBroke() }
        takeNotifications()
        var emptyAnswers = 0
        // NULL stands between the statements of a pipeline; two in a row mean that nothing more has arrived.
        while !pipeline.isEmpty, emptyAnswers < 2, PQisBusy(handle) == 0 {
            guard let result = PQgetResult(handle) else {
                emptyAnswers += 1
                continue
            }
            emptyAnswers = 0
            receive(result)
            guard handle != nil else { return }
        }
        takeNotifications()
        if PQstatus(handle) == CONNECTION_BAD { return connectionBroke() }
        if state.phase == .ready, configuration.channels.isEmpty == false { rearmPing() }
        flush()
    }

    private func receive(_ result: OpaquePointer) {
        switch PQresultStatus(result) {
        case PGRES_PIPELINE_SYNC:
            PQclear(result)
            for (submission, verdict) in pipeline.received(.sync) ?? [] { finish(submission, verdict) }
        case PGRES_PIPELINE_ABORTED:
            PQclear(result)
            _ = pipeline.received(.skipped)
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE, PGRES_NONFATAL_ERROR:
            let error = serverError(result)
            PQclear(result)
            if error.code == .connectionLost { return fail(error) }
            _ = pipeline.received(.failure(error))
        default:
            _ = pipeline.received(.output(Rows(result)))
        }
    }

    private func finish(_ submission: Submission, _ verdict: Pipeline<Submission, Rows>.Verdict) {
        switch (submission.id, verdict) {
        case (Self.setupID, .succeeded): apply(.prepared)
        case (Self.setupID, .failed(let error)): fail(error)
        case (Self.setupID, .skipped): fail(PostgresError(.connectFailed, "preparing was cut off"))
        case (Self.pingID, _): break
        case (_, .failed(let error)):
            var named = error
            named.statement = submission.name
            guard error.demandsNewSession, !submission.isResent else {
                return pool.didFinish(submission, .failed(named))
            }
            // What a lease has done on its session can't be done again on another.
            if submission.lease == nil { pool.resend(submission) } else { pool.didFinish(submission, .failed(named)) }
            fail(error)
        case (_, .succeeded(let rows)):
            // Behind those of its settings.
            pool.didFinish(submission, .succeeded(Array(rows.suffix(submission.statements.count))))
        case (_, .skipped): pool.didFinish(submission, verdict)
        }
    }

    private func takeNotifications() {
        while let notification = PQnotifies(handle) {
            let channel = String(cString: notification.pointee.relname)
            let payload = notification.pointee.extra.map { String(cString: $0) } ?? ""
            PQfreemem(notification)
            pool.didReceive(channel: channel, payload: payload)
        }
    }

    private func connectionBroke() {
        guard state.phase != .closed, state.phase != .disconnected else { return }
        let message = handle.flatMap { PQerrorMessage($0) }.map { String(cString: $0) } ?? ""
        let words = message.split(whereSeparator: \.isNewline).joined(separator: "; ")
        fail(PostgresError(.connectionLost, words.isEmpty ? "the connection was closed" : words))
    }

    /// An error that ends the session says nothing certain about the statement it answers.
    private func serverError(_ result: OpaquePointer) -> PostgresError {
        func field(_ code: Character) -> String? {
            PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
        }
        // A pooler's own errors lack V, the severity that is not translated.
        let severity = field("V") ?? field("S") ?? ""
        let ends = severity == "FATAL" || severity == "PANIC" || PQstatus(handle) == CONNECTION_BAD
        return PostgresError(
            ends ? .connectionLost : .server, field("M") ?? "no message", sqlState: field("C"), constraint: field("n"))
    }
}
