/// Cuts a script at the semicolons that end statements: not those in strings, quoted names, comments or dollar quotes.
/// It does not know the bodies of functions that are written as BEGIN ATOMIC.
package func splitStatements(_ script: String) -> [String] {
    var scanner = ScriptScanner(Array(script.utf8))
    var statements: [String] = []
    while let statement = scanner.next() { statements.append(statement) }
    return statements
}

private struct ScriptScanner {
    private let bytes: [UInt8]
    private var position = 0
    private var hasCode = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> String? {
        let start = position
        hasCode = false
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: ";") {
                position += 1
                if hasCode { return text(start, position - 1) }
            } else {
                skipToken()
            }
        }
        return hasCode ? text(start, position) : nil
    }

    private func text(_ from: Int, _ to: Int) -> String { String(decoding: bytes[from..<to], as: UTF8.self) }

    private mutating func skipToken() {
        if starts(with: "--") { return skip(past: "\n") }
        if starts(with: "/*") { return skipBlockComment() }
        let byte = bytes[position]
        guard byte > UInt8(ascii: " ") else {
            position += 1
            return
        }
        hasCode = true
        switch byte {
        case UInt8(ascii: "'"): skipQuoted("'")
        case UInt8(ascii: "\""): skipQuoted("\"")
        case UInt8(ascii: "$"): skipDollarQuoted()
        case _ where Self.isWord(byte): skipWord()
        default: position += 1
        }
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if starts(with: "/*") {
                depth += 1
                position += 2
            } else if starts(with: "*/") {
                depth -= 1
                position += 2
            } else {
                position += 1
            }
        } while depth > 0 && position < bytes.count
    }

    /// A doubled quote ends one string and begins the next, which comes to the same.
    private mutating func skipQuoted(_ quote: String) {
        position += 1
        skip(past: quote)
    }

    /// A dollar inside a name begins no quote; E'...' is the one string in which a backslash hides a quote.
    private mutating func skipWord() {
        let start = position
        while position < bytes.count, Self.isWord(bytes[position]) || bytes[position] == UInt8(ascii: "$") {
            position += 1
        }
        guard position - start == 1, bytes[start] | 0x20 == UInt8(ascii: "e"), starts(with: "'") else { return }
        position += 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "'") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        position = min(position + 1, bytes.count)
    }

    private mutating func skipDollarQuoted() {
        var end = position + 1
        while end < bytes.count, Self.isWord(bytes[end]) { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "$"), !Self.isDigit(bytes[position + 1]) else {
            position += 1
            return
        }
        let tag = text(position, end + 1)
        position = end + 1
        skip(past: tag)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte == UInt8(ascii: "_") || byte >= 0x80 || (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
    }

    private func starts(with text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

    private mutating func skip(past text: String) {
        while position < bytes.count, !starts(with: text) { position += 1 }
        position = min(position + text.utf8.count, bytes.count)
    }
}
