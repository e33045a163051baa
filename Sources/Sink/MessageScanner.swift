package import NIOCore

/// Finds where the HTTP/1.1 messages of a connection end, and nothing more: the cheapest way to count them.
///
/// It reads from a head only `Content-Length`, `Transfer-Encoding` and the status. Responses to HEAD, whose length it
/// cannot know, must not be asked of it.
package struct MessageScanner {
    package enum Kind: Sendable { case request, response }

    package enum Part: Sendable { case head, body, framing }

    /// The peer does not speak HTTP/1.1, or sends a longer head or chunk line than `lineLimit`.
    package struct Malformed: Error {}

    private enum State {
        case head
        case body(left: Int)
        case untilClose
        case chunkLine
        case chunk(left: Int)
        case chunkEnd
        case trailer
    }

    private static let lineLimit = 64 << 10

    private let kind: Kind
    private var state = State.head
    private var unfinished = ByteBuffer()

    /// Of the response whose head came last.
    package private(set) var status = 0
    private var isClosing = false

    /// That response is over, and said that no other follows.
    package var closes: Bool { if case .head = state { isClosing } else { false } }

    /// A response whose end is the end of the connection is on its way.
    package var endsAtClose: Bool { if case .untilClose = state { true } else { false } }

    package init(_ kind: Kind) { self.kind = kind }

    /// Calls `found` for each part that the bytes complete; a body may come in several. `isLast` tells the end of a
    /// message. Bytes of an incomplete head or chunk line are kept for the next call.
    package mutating func scan(
        _ input: ByteBuffer,
        found: (_ part: Part, _ bytes: UnsafeRawBufferPointer, _ isLast: Bool, _ status: Int) -> Void
    ) throws(Malformed) {
        var input = input
        if unfinished.readableBytes > 0 {
            unfinished.writeBuffer(&input)
            swap(&unfinished, &input)
        }
        let result = input.readWithUnsafeReadableBytes { bytes in
            var rest = bytes
            do throws(Malformed) {
                while !rest.isEmpty, let (part, count, isLast) = try next(rest) {
                    found(part, UnsafeRawBufferPointer(rebasing: rest.prefix(count)), isLast, status)
                    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
                }
            } catch {
                return (bytes.count, Result<Void, Malformed>.failure(error))
            }
            return (bytes.count - rest.count, .success(()))
        }
        try result.get()
        if input.readableBytes > Self.lineLimit { throw Malformed() }
        if input.readableBytes > 0 {
            unfinished = input
        } else if unfinished.capacity > 0 {
            unfinished = ByteBuffer()
        }
    }

    private mutating func next(_ bytes: UnsafeRawBufferPointer) throws(Malformed) -> (Part, count: Int, isLast: Bool)? {
        switch state {
        case .head:
            return try head(bytes)
        case .body(let left):
            let count = min(left, bytes.count)
            state = count == left ? .head : .body(left: left - count)
            return (.body, count, count == left)
        case .untilClose:
            return (.body, bytes.count, false)
        case .chunkLine:
            guard let end = bytes.endOfLine else { return nil }
            guard let size = bytes.prefix(end).leadingNumber(radix: 16) else { throw Malformed() }
            state = size == 0 ? .trailer : .chunk(left: size)
            return (.framing, end, false)
        case .chunk(let left):
            let count = min(left, bytes.count)
            state = count == left ? .chunkEnd : .chunk(left: left - count)
            return (.body, count, false)
        case .chunkEnd:
            guard let end = bytes.endOfLine else { return nil }
            guard end <= 2 else { throw Malformed() }
            state = .chunkLine
            return (.framing, end, false)
        case .trailer:
            guard let end = bytes.endOfLine else { return nil }
            if end <= 2 { state = .head }
            return (.framing, end, end <= 2)
        }
    }

    private mutating func head(_ bytes: UnsafeRawBufferPointer) throws(Malformed) -> (Part, count: Int, isLast: Bool)? {
        guard let head = try MessageHead(bytes, kind) else { return nil }
        status = head.status
        isClosing = head.closes
        if head.isInterim { return (.head, head.bytes, false) }
        switch head.body {
        case .none, .length(0): return (.head, head.bytes, true)
        case .length(let length): state = .body(left: length)
        case .chunked: state = .chunkLine
        case .untilClose: state = .untilClose
        }
        return (.head, head.bytes, false)
    }
}
