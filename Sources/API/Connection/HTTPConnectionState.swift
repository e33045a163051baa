/// Where a connection stands between its requests and their answers. Requests may be pipelined; their answers go out in
/// the same order. What went wrong with the last one is answered when the others have been.
struct HTTPConnectionState {
    enum Phase: Equatable {
        case idle, head, body, answering, lingering
    }

    enum AfterAnswer {
        case goOn, linger
        case answer(Problem)
    }

    /// Requests whose heads have come and whose answers have not gone out.
    private var unanswered = 0
    private var isReading = false
    private var isAnswering = false
    private var hasPartOfHead = false
    private var isLast = false
    private var closesAfterAnswer = false
    private var isLingering = false
    private var failure: Problem?

    /// Grows with each request, so that two bodies in a row are two phases.
    private(set) var turn = 0

    var phase: Phase {
        if isLingering { return .lingering }
        if isReading { return .body }
        if hasPartOfHead { return .head }
        return unanswered > 0 ? .answering : .idle
    }

    /// Whether what comes in is dropped.
    var isDeaf: Bool { isLingering || failure != nil }
    /// Whether what goes out is dropped.
    var isMute: Bool { isLingering }
    /// Whether a body has begun that won't end.
    var breaksBody: Bool { isReading && isDeaf }

    /// `isLast`: after this request the peer speaks another protocol, or none.
    mutating func headRead(isLast: Bool) {
        turn += 1
        unanswered += 1
        isReading = true
        hasPartOfHead = false
        self.isLast = isLast
    }

    mutating func bodyEnded() { isReading = false }

    /// Bytes came, but no part of a message.
    mutating func fragmentRead() {
        if !isReading { hasPartOfHead = true }
    }

    /// Whether the connection ends with this answer. An answer to a request whose body is still on its way must: the
    /// rest may be long.
    mutating func answerBegins(closes: Bool) -> Bool {
        isAnswering = true
        closesAfterAnswer = closes || unanswered == 1 && (isReading || isLast)
        return closesAfterAnswer
    }

    mutating func answerEnded() -> AfterAnswer {
        isAnswering = false
        unanswered -= 1
        if closesAfterAnswer { return .linger }
        return dueFailure.map { .answer($0) } ?? .goOn
    }

    /// What came in can't be understood, or took too long. Returns what to answer now.
    mutating func fail(_ problem: Problem) -> Problem? {
        failure = problem
        return dueFailure
    }

    mutating func linger() { isLingering = true }

    private var dueFailure: Problem? {
        !isAnswering && unanswered == (isReading ? 1 : 0) ? failure : nil
    }
}
