/// Where a connection stands in its exchanges of a request and an answer, of which there is one at a time: what a peer
/// sends ahead waits.
struct HTTPConnectionState {
    enum Phase: Equatable {
        case idle, head, body, answering, lingering
    }

    /// From a request's head until its answer has gone out.
    private(set) var isExchanging = false
    /// From a request's head to the end of its body.
    private(set) var isReading = false
    private(set) var isLingering = false
    private var isAnswering = false
    private var hasPartOfHead = false
    private var isLast = false

    /// Grows with each request, so that two bodies in a row are two phases.
    private(set) var turn = 0

    var phase: Phase {
        if isLingering { return .lingering }
        if isReading { return .body }
        if isExchanging { return .answering }
        return hasPartOfHead ? .head : .idle
    }

    /// Whether a part that comes now is of a later request than the one that is being answered.
    var mustWait: Bool { isExchanging && !isReading }

    /// Whether what is wrong with the request may still be told.
    var mayAnswer: Bool { !isLingering && !isAnswering }

    /// `isLast`: no request after this one is read.
    mutating func headRead(isLast: Bool) {
        turn += 1
        (isExchanging, isReading, isAnswering, hasPartOfHead) = (true, true, false, false)
        self.isLast = isLast
    }

    mutating func bodyEnded() { isReading = false }

    /// Bytes came, but no part of a message.
    mutating func fragmentRead() {
        if !isExchanging { hasPartOfHead = true }
    }

    /// Whether the connection ends with this answer. An answer to a request whose body is still on its way must: the
    /// rest may be long.
    mutating func answerBegins(closes: Bool) -> Bool {
        isAnswering = true
        if closes || isReading { isLast = true }
        return isLast
    }

    /// Whether the connection ends now.
    mutating func answerEnded() -> Bool {
        (isExchanging, isAnswering) = (false, false)
        return isLast
    }

    mutating func linger() { isLingering = true }
}
