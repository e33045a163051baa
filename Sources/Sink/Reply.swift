/// What the sink does with a request: as a rule it answers, but it can also misbehave as destinations do.
package struct Reply: Sendable {
    package typealias Header = Received.Header

    package enum Manner: Sendable {
        case answer
        /// Closes the connection without an answer, so that the peer gets a reset.
        case reset
        /// Never answers; the connection stays open.
        case hang
        /// Sends the head and the body, but promised one byte more.
        case hangInBody
        /// Sends the body again and again, as fast as the peer reads, until it closes.
        case endlessBody
        /// Sends the body as it is, without a head, and closes.
        case garbage
    }

    package var status: Int
    /// `Content-Length` is added where neither it nor `Transfer-Encoding` is given.
    package var headers: [Header]
    package var body: [UInt8]
    /// Between the last byte of the request and the first of the answer, or the reset.
    package var delay: Duration
    /// Between the head and the body.
    package var bodyDelay: Duration
    package var manner: Manner

    package init(
        status: Int = 200, headers: [Header] = [], body: [UInt8] = [], delay: Duration = .zero,
        bodyDelay: Duration = .zero, manner: Manner = .answer
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.delay = delay
        self.bodyDelay = bodyDelay
        self.manner = manner
    }

    package static let ok = Reply(body: Array("ok".utf8))
    package static let reset = Reply(manner: .reset)
    package static let hang = Reply(manner: .hang)
    package static let hangInBody = Reply(body: Array("a part".utf8), manner: .hangInBody)
    package static let endlessBody = Reply(
        body: [UInt8](repeating: UInt8(ascii: "~"), count: 16384), manner: .endlessBody)
    package static let garbage = Reply(body: Array("\0\u{1}this is no HTTP\r\n\r\n".utf8), manner: .garbage)

    package static func status(_ status: Int) -> Reply { Reply(status: status) }
}
