import Postgres

/// What a tenant may want of a circuit.
enum CircuitCommand: String, CaseIterable {
    case pause, resume, force, observe, probe, limit, reset
}

/// The body of a command: why, until when, how many.
struct CircuitOrder {
    private(set) var reason = ""
    private(set) var until: Timestamp?
    private(set) var deliveries: Int32?

    /// Throws a `JSONError` or a `Problem`.
    init(_ body: [UInt8], for command: CircuitCommand) throws {
        var scanner = try JSONScanner(body)
        guard scanner.next() == UInt8(ascii: "{") else { throw Self.refusal("A command is a JSON object.") }
        try scanner.object { scanner, name in
            switch name {
            case "reason": reason = try Self.text(name, &scanner)
            case "until": until = try Self.time(name, &scanner)
            case "deliveries" where command == .limit: deliveries = try Self.count(name, &scanner)
            default: throw Self.refusal("There is no field \"\(name.prefix(80))\".")
            }
        }
        try scanner.requireEnd()
        guard 1...500 ~= reason.utf8.count else { throw Self.refusal("reason must be given, in 1 to 500 bytes.") }
    }

    private static func refusal(_ detail: String) -> Problem { Problem(.invalidRequest, detail) }

    private static func text(_ name: String, _ scanner: inout JSONScanner) throws -> String {
        guard scanner.next() == UInt8(ascii: "\"") else { throw refusal("\(name) must be a string.") }
        return try scanner.string()
    }

    private static func time(_ name: String, _ scanner: inout JSONScanner) throws -> Timestamp {
        guard let time = Timestamp(rfc3339: try text(name, &scanner)) else {
            throw refusal("\(name) is not a time of RFC 3339.")
        }
        return time
    }

    private static func count(_ name: String, _ scanner: inout JSONScanner) throws -> Int32? {
        let value = String(decoding: scanner.copy(try scanner.skip()), as: UTF8.self)
        if value == "null" { return nil }
        guard let count = Int32(value), count >= 1 else {
            throw refusal("\(name) must be a whole number from 1, or null.")
        }
        return count
    }
}
