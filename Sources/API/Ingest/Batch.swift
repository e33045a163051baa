import JSON

/// Where the envelopes of a body stand.
enum Batch {
    /// Throws a `JSONError` where the array as a whole is not JSON, a `Problem` where it is too long.
    static func array(_ body: [UInt8], limit: Int) throws -> [Range<Int>] {
        var scanner = try JSONScanner(body)
        var items: [Range<Int>] = []
        try scanner.array { scanner in
            items.append(try scanner.skip())
            try check(items, limit)
        }
        try scanner.requireEnd()
        return items
    }

    /// One a line; blank lines don't count.
    static func lines(_ body: [UInt8], limit: Int) throws -> [Range<Int>] {
        var items: [Range<Int>] = []
        var start = body.startIndex
        while start < body.endIndex {
            let end = body[start...].firstIndex(of: UInt8(ascii: "\n")) ?? body.endIndex
            if !body[start..<end].allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) {
                items.append(start..<end)
                try check(items, limit)
            }
            start = end + 1
        }
        return items
    }

    private static func check(_ items: [Range<Int>], _ limit: Int) throws {
        guard items.count <= limit else {
            throw Problem(.payloadTooLarge, "A batch may have \(limit) requests. Send them in several.")
        }
    }
}
