import Glibc

/// What tells the end of a message: the end of its head and how its body is framed.
struct MessageHead {
    enum Body {
        case none
        case length(Int)
        case chunked
        case untilClose
    }

    /// Of the whole head, with the empty line.
    private(set) var bytes = 0
    /// 0 in a request.
    private(set) var status = 0
    private(set) var body: Body
    /// Of a response: no other follows on the connection.
    private(set) var closes = false

    /// Nil while the empty line has not come.
    init?(_ message: UnsafeRawBufferPointer, _ kind: MessageScanner.Kind) throws(MessageScanner.Malformed) {
        guard let start = message.endOfLine else { return nil }
        body = kind == .request ? .none : .untilClose
        if kind == .response {
            guard start > 12, message.starts(with: "http/1."), let status = message[9..<12].leadingNumber(radix: 10)
            else { throw MessageScanner.Malformed() }
            self.status = status
            closes = message[7] == UInt8(ascii: "0")
        }
        bytes = start
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: message.dropFirst(bytes))
            guard let end = rest.endOfLine else { return nil }
            bytes += end
            if end <= 2 { break }
            try read(rest.prefix(end))
        }
        if kind == .response, status < 200 || status == 204 || status == 304 { body = .none }
    }

    /// One of the responses that come before the final one.
    var isInterim: Bool { (100..<200).contains(status) }

    private mutating func read(_ line: Slice<UnsafeRawBufferPointer>) throws(MessageScanner.Malformed) {
        let line = UnsafeRawBufferPointer(rebasing: line)
        switch line[0] | 0x20 {
        case UInt8(ascii: "c") where line.starts(with: "content-length:"):
            if case .chunked = body { return }
            guard let length = line.dropFirst(15).leadingNumber(radix: 10) else { throw MessageScanner.Malformed() }
            body = .length(length)
        case UInt8(ascii: "c") where line.starts(with: "connection:"):
            let value = line.dropFirst(11).drop { $0 == UInt8(ascii: " ") }
            closes = UnsafeRawBufferPointer(rebasing: value).starts(with: "close")
        case UInt8(ascii: "t") where line.starts(with: "transfer-encoding:"):
            body = .chunked
        default:
            break
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The offset behind the first line feed.
    var endOfLine: Int? {
        guard let start = baseAddress, let found = memchr(start, 10, count) else { return nil }
        return UnsafeRawPointer(found) - start + 1
    }

    /// `prefix` is in lower case and has no byte that 0x20 would change.
    func starts(with prefix: StaticString) -> Bool {
        guard count >= prefix.utf8CodeUnitCount else { return false }
        for index in 0..<prefix.utf8CodeUnitCount where self[index] | 0x20 != prefix.utf8Start[index] { return false }
        return true
    }
}

extension Slice<UnsafeRawBufferPointer> {
    /// Blanks, then digits; what follows them is ignored. Nil without a digit or above 2^40.
    func leadingNumber(radix: Int) -> Int? {
        var value: Int?
        for byte in drop(while: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) {
            guard let digit = byte.hexDigit, digit < radix else { break }
            let next = (value ?? 0) * radix + digit
            guard next <= 1 << 40 else { return nil }
            value = next
        }
        return value
    }
}

extension UInt8 {
    fileprivate var hexDigit: Int? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(self - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(self - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(self - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
