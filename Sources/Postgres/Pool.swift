/// The loop's side of a client: what waits to be sent, who waits for what, and which connection gets it.
final class Pool {
    /// More would only lengthen the queue in front of one backend, out of reach of the other connections.
    static let maximumUnitsPerConnection = 64

    let configuration: Client.Configuration
    private(set) var connections: [Connection] = []
    private let metrics: ClientMetrics
    private var waiting: [Submission] = []
    private var continuations: [UInt64: CheckedContinuation<[Rows], any Error>] = [:]
    private var leases: [(id: UInt64, deadline: ContinuousClock.Instant)] = []
    /// Why the last connection failed; told to callers whose deadline passes.
    private var lastFailure: PostgresError?

    init(_ configuration: Client.Configuration) {
        self.configuration = configuration
        metrics = ClientMetrics(configuration.name)
    }

    func add(_ connection: Connection) {
        connections.append(connection)
        connection.apply(.start)
    }

    func submit(_ submission: Submission, _ continuation: CheckedContinuation<[Rows], any Error>) {
        continuations[submission.id] = continuation
        waiting.append(submission)
    }

    /// The caller goes on at once. What was sent already runs to its end, and its result is dropped.
    func cancel(_ id: UInt64) {
        waiting.removeAll { $0.id == id }
        leases.removeAll { $0.id == id }
        continuations.removeValue(forKey: id)?.resume(throwing: CancellationError())
    }

    func lease(_ id: UInt64, deadline: ContinuousClock.Instant, _ continuation: CheckedContinuation<[Rows], any Error>)
    {
        continuations[id] = continuation
        leases.append((id, deadline))
    }

    func release(_ id: UInt64, discard: Bool) {
        guard let connection = connections.first(where: { $0.lease == id }) else { return }
        connection.endLease(discard: discard)
    }

    func close() {
        let error = PostgresError(.closed, "the database client is closed")
        for connection in connections { connection.apply(.close) }
        for continuation in continuations.values { continuation.resume(throwing: error) }
        waiting = []
        leases = []
        continuations = [:]
    }

    var nextDeadline: ContinuousClock.Instant? {
        (waiting.lazy.map(\.deadline) + leases.lazy.map(\.deadline)).min()
    }

    func dispatch(now: ContinuousClock.Instant) {
        expire(now)
        grantLeases()
        sendWaiting(now)
    }

    private func expire(_ now: ContinuousClock.Instant) {
        guard let next = nextDeadline, next <= now else { return }
        let late =
            waiting.filter { $0.deadline <= now }.map { ($0.id, $0.name) }
            + leases.filter { $0.deadline <= now }.map { ($0.id, "") }
        waiting.removeAll { $0.deadline <= now }
        leases.removeAll { $0.deadline <= now }
        for (id, name) in late {
            let reason =
                lastFailure.map { "no connection in time; the last attempt: \($0)" } ?? "no connection was free in time"
            finish(id, .failure(PostgresError(.unavailable, reason, sqlState: lastFailure?.sqlState, statement: name)))
        }
    }

    private func grantLeases() {
        while let next = leases.first,
            let connection = connections.first(where: { $0.isReady && $0.lease == nil && $0.unitsUnderWay == 0 })
        {
            leases.removeFirst()
            connection.lease = next.id
            finish(next.id, .success([]))
        }
    }

    private func sendWaiting(_ now: ContinuousClock.Instant) {
        guard !waiting.isEmpty else { return }
        // A connection that breaks while sending puts its reads back into `waiting`.
        let candidates = waiting
        waiting = []
        var kept: [Submission] = []
        var reads: [ObjectIdentifier: [Submission]] = [:]
        for submission in candidates {
            guard let connection = connection(for: submission, alsoCounting: reads) else {
                if submission.lease != nil, !connections.contains(where: { $0.lease == submission.lease }) {
                    let lost = PostgresError(.connectionLost, "the leased connection broke", statement: submission.name)
                    finish(submission.id, .failure(lost))
                } else {
                    kept.append(submission)
                }
                continue
            }
            metrics.sent(submission, at: now)
            if submission.kind == .read, !submission.isResent {
                reads[ObjectIdentifier(connection), default: []].append(submission)
            } else {
                connection.send([submission])
            }
        }
        waiting += kept
        for connection in connections {
            guard let group = reads[ObjectIdentifier(connection)] else { continue }
            if connection.isReady { connection.send(group) } else { waiting += group }
        }
    }

    /// The ready connection with the least under way. While leases wait, one connection is left to drain for them.
    private func connection(for submission: Submission, alsoCounting reads: [ObjectIdentifier: [Submission]])
        -> Connection?
    {
        if let lease = submission.lease { return connections.first { $0.lease == lease && $0.isReady } }
        guard leases.isEmpty else { return nil }
        var best: (connection: Connection, load: Int)?
        for connection in connections where connection.isReady && connection.lease == nil {
            let load = connection.unitsUnderWay + (reads[ObjectIdentifier(connection)]?.count ?? 0)
            if load < best?.load ?? Self.maximumUnitsPerConnection { best = (connection, load) }
        }
        return best?.connection
    }
}

extension Pool {
    func didBecomeReady() {
        lastFailure = nil
        metrics.connected(connections.count(where: \.isReady))
        configuration.onEvent?(.connected)
    }

    func didFail(_ error: PostgresError) {
        lastFailure = error
        metrics.disconnected(connections.count(where: \.isReady))
        configuration.onEvent?(.disconnected(error))
    }

    func didReceive(channel: String, payload: String) {
        configuration.onEvent?(.notification(channel: channel, payload: payload))
    }

    func didFinish(_ submission: Submission, _ verdict: Pipeline<Submission, Rows>.Verdict) {
        switch verdict {
        case .succeeded(let rows): finish(submission.id, .success(rows))
        case .failed(let error): finish(submission.id, .failure(error))
        case .skipped: resend(submission)
        }
    }

    /// A read that was under way when its connection broke is sent again; a write's outcome is for the caller to find out.
    func didAbandon(_ submission: Submission, _ error: PostgresError) {
        if submission.kind == .read, submission.lease == nil, !submission.isResent {
            resend(submission)
        } else {
            finish(submission.id, .failure(error))
        }
    }

    /// Nothing happened at the server: the submission may go out once more.
    func resend(_ submission: Submission) {
        guard !submission.isResent, continuations[submission.id] != nil else {
            let error = PostgresError(.connectionLost, "skipped twice by the server", statement: submission.name)
            return finish(submission.id, .failure(error))
        }
        waiting.insert(submission.resent(), at: 0)
    }

    private func finish(_ id: UInt64, _ result: Result<[Rows], any Error>) {
        continuations.removeValue(forKey: id)?.resume(with: result)
    }
}
