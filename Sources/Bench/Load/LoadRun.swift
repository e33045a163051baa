import NIOCore

/// One run of a load: gives due requests to free connections and gathers the report. It never leaves its event loop.
final class LoadRun {
    private static let reconnectDelay = TimeAmount.milliseconds(10)

    private let load: Load
    private let depth: Int
    private let address: SocketAddress
    private let loop: any EventLoop
    private let promise: EventLoopPromise<LoadReport>
    private var connections: [LoadConnection] = []
    /// Open, with nothing on their way; the one that rested longest is first.
    private var idle = CircularBuffer<LoadConnection>()
    /// Nil until the first connections are open.
    private var schedule: LoadSchedule?
    private var report = LoadReport()
    private var underway = 0
    private var lastAnswer = 0
    private var epoch = NIODeadline.now()
    private var isArmed = false
    private var isDone = false

    init(_ load: Load, address: SocketAddress, loop: any EventLoop, promise: EventLoopPromise<LoadReport>) {
        self.load = load
        self.address = address
        self.loop = loop
        self.promise = promise
        depth = if case .closed(let pipelining) = load.pace { max(1, pipelining) } else { 1 }
    }

    /// In nanoseconds from the start of the schedule.
    var now: Int { Int((NIODeadline.now() - epoch).nanoseconds) }

    /// The schedule starts when each of the first connections has been opened or refused.
    func start() {
        let opening = (0..<max(1, load.connections)).map { _ in LoadConnection.open(self, to: address, on: loop) }
        EventLoopFuture.whenAllComplete(opening, on: loop).assumeIsolated().whenSuccess { self.begin($0) }
    }

    func fail(_ error: any Error) {
        guard !isDone else { return }
        stop()
        promise.fail(error)
    }

    func opened(_ connection: LoadConnection) {
        guard !isDone else { return connection.close() }
        connections.append(connection)
        fill(connection, now: now)
    }

    func fill(_ connection: LoadConnection, now: Int) {
        guard schedule != nil, !isDone else { return }
        while connection.waiting.count < depth, let ticket = schedule?.take(now: now) {
            switch load.requests {
            case .same(let bytes): connection.append(bytes, ticket)
            case .each(let bytes): connection.append(bytes(ticket.index), ticket)
            }
            underway += 1
        }
        connection.flush()
        if connection.waiting.isEmpty {
            idle.append(connection)
            arm()
            finishIfOver(now: now)
        }
    }

    func answered(_ ticket: LoadSchedule.Ticket, status: Int, now: Int) {
        underway -= 1
        lastAnswer = now
        load.onAnswer?(ticket.index, status)
        if ticket.isMeasured { report.record(status: status, microseconds: (now - ticket.due) / 1000) }
    }

    func malformed() { report.errors.malformed += 1 }

    func closed(_ connection: LoadConnection) {
        guard !isDone else { return }
        underway -= connection.waiting.count
        report.errors.lost += connection.waiting.count { $0.isMeasured }
        report.errors.reconnects += 1
        connections.removeAll { $0 === connection }
        idle.removeAll { $0 === connection }
        finishIfOver(now: now)
        reopen()
    }
}

extension LoadRun {
    private func reopen() {
        guard !isDone else { return }
        LoadConnection.open(self, to: address, on: loop).assumeIsolated().whenFailure { _ in
            self.report.errors.connect += 1
            self.loop.assumeIsolated().scheduleTask(in: Self.reconnectDelay) { self.reopen() }
        }
    }

    private func begin(_ results: [Result<Void, any Error>]) {
        guard !isDone else { return }
        let errors = results.compactMap { if case .failure(let error) = $0 { error } else { nil } }
        if errors.count == results.count, let error = errors.first { return fail(error) }
        report.errors.connect += errors.count
        for _ in errors { reopen() }

        epoch = .now()
        let schedule = LoadSchedule(load)
        self.schedule = schedule
        at(schedule.end) { self.finishIfOver(now: self.now) }
        at(schedule.end + load.patience.nanoseconds) { self.finish(now: self.now) }
        for connection in connections { fill(connection, now: 0) }
    }

    /// Wakes when the next request is due, as long as a connection is free for it; a busy one looks for itself.
    private func arm() {
        guard !isArmed, let due = schedule?.nextDue else { return }
        isArmed = true
        at(due) {
            self.isArmed = false
            self.sendDue(now: self.now)
        }
    }

    private func sendDue(now: Int) {
        while let due = schedule?.nextDue, due <= now, let connection = idle.popFirst() {
            fill(connection, now: now)
        }
        if !idle.isEmpty { arm() }
    }

    private func finishIfOver(now: Int) {
        guard let schedule, underway == 0, schedule.isOver(now: now) else { return }
        finish(now: now)
    }

    private func finish(now: Int) {
        guard !isDone, var schedule else { return }
        let last = schedule.isLimitReached ? lastAnswer : max(lastAnswer, schedule.end)
        report.seconds = Double(last - schedule.warm) / 1e9
        for connection in connections { report.errors.unanswered += connection.waiting.count { $0.isMeasured } }
        while let ticket = schedule.take(now: now) { report.errors.unanswered += ticket.isMeasured ? 1 : 0 }
        stop()
        promise.succeed(report)
    }

    private func at(_ time: Int, _ action: @escaping () -> Void) {
        loop.assumeIsolated().scheduleTask(deadline: epoch + .nanoseconds(Int64(time)), action)
    }

    private func stop() {
        isDone = true
        for connection in connections { connection.close() }
        connections = []
        idle = []
    }
}
