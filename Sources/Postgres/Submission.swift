/// What a task hands to the loop: statements that go out behind one Sync and come back together.
struct Submission: Sendable {
    enum Kind: Sendable {
        /// May share a Sync with others, and is sent once more by itself when a neighbour or the connection failed.
        case read
        /// Has its own Sync: its statements are one implicit transaction.
        case write
    }

    let id: UInt64
    let kind: Kind
    let statements: [(statement: Statement, parameters: Parameters)]
    /// Up to when it may wait to be sent.
    let deadline: ContinuousClock.Instant
    var settings = LocalSettings()
    /// The lease whose connection it must use.
    var lease: UInt64?
    let queuedAt = ContinuousClock.now
    /// Sent before without an effect; it is not sent a third time.
    var isResent = false

    var name: String { statements.map(\.statement.name).joined(separator: ", ") }
    var bytes: Int { statements.reduce(0) { $0 + $1.parameters.bytes.count } }

    func resent() -> Submission {
        var copy = self
        copy.isResent = true
        return copy
    }
}
