package import Tenants

/// Where the API listens and what it bears. Every limit bounds memory or time that one caller can take from others.
package struct APIConfiguration: Sendable {
    package var host = "127.0.0.1"
    /// 0: any free one.
    package var port = 8080

    /// Bytes of a request's body; beyond them 413. What is larger belongs in object storage, not in a row.
    package var bodyLimit = 1 << 20
    /// Bytes of a batch: a full one of 16 KiB envelopes. It is parsed as a whole, so it must fit in memory.
    package var batchBodyLimit = 16 << 20
    /// Requests in a batch; beyond them 413.
    package var batchItemLimit = 1_000
    /// Bytes of bodies in memory at the same time, of all callers; beyond them 503. As many as the store lets wait.
    package var bodiesLimit = 64 << 20
    /// How long a caller waits while the database is away, before 503.
    package var storeDeadline = Duration.seconds(10)

    /// What opens the operator's API; nil: nothing does.
    package var operatorToken: OperatorToken?
    /// Without which nobody sees the metrics; nil: everybody does, but for what names tenants.
    package var metricsToken: OperatorToken?
    /// API processes that serve the same tenants: each gives a tenant its part of the tenant's rate.
    package var processes = 1

    /// Up to which a stream waits before it tells of a change of flags, so that clients don't all come back at once.
    package var streamJitter = Duration.seconds(2)

    /// For which a server that is asked to end still takes requests, so that whoever sends them learns of it in time.
    package var drain = Duration.zero

    package var head = HeadLimits()
    package var patience = Patience()

    /// Open connections; beyond them new ones wait in the kernel's backlog. A thousand idle ones take about 50 MB.
    package var connectionLimit = 4_096

    package init() {}
}

/// Bounds of a request's head; beyond them 431. An envelope's path and headers have the same.
package struct HeadLimits: Sendable {
    /// Bytes of one header field, or of the request target.
    package var fieldBytes = 16 << 10
    /// Bytes of the request target and all header fields together.
    package var totalBytes = 64 << 10
    package var fields = 128

    package init() {}
}

/// How long a connection may take for each of its phases.
package struct Patience: Sendable {
    /// Without a request; then the connection is closed. Longer than most clients keep theirs: they should close first.
    package var idle = Duration.seconds(75)
    /// From the first bytes of a request's head to its end; beyond it 408.
    package var head = Duration.seconds(10)
    /// From the end of the head to the end of the body; beyond it 408.
    package var body = Duration.seconds(30)
    /// For which bytes are still read, and dropped, after the last answer: to a connection that is closed on unread
    /// data TCP sends a reset, which may overtake that answer.
    package var linger = Duration.seconds(2)

    package init() {}
}
