import FoundationEssentials
import HTTPTypes
import JSON
import Model
import Postgres
import Tenants

/// A request as `POST /v1/requests` takes it: one JSON object.
struct Envelope {
    enum Field: String, CaseIterable {
        case destination, topic, method, path, query, headers, body
        case bodyText = "body_text"
        case bodyBase64 = "body_base64"
        case deliverAt = "deliver_at"
        case expiresAt = "expires_at"
        case idempotencyKey = "idempotency_key"
        case orderingKey = "ordering_key"
    }

    /// One of them is nil.
    private(set) var destination: String?
    private(set) var topic: Topic?
    private(set) var method = "POST"
    private(set) var path = ""
    private(set) var query: String?
    private(set) var headers = HeaderLines()
    private(set) var body: [UInt8] = []
    private(set) var deliverAt: String?
    private(set) var expiresAt: String?
    private(set) var idempotencyKey: IdempotencyKey?
    private(set) var orderingKey: OrderingKey?
    private var hasContentType = false
    private var seen: Set<Field> = []

    /// Throws a `JSONError` or a `Problem`.
    init(_ scanner: inout JSONScanner, limits: HeadLimits) throws {
        guard scanner.next() == UInt8(ascii: "{") else { throw Self.refusal("An envelope is a JSON object.") }
        try scanner.object { scanner, name in
            guard let field = Field(rawValue: name) else {
                throw Self.refusal("There is no field \"\(name.prefix(80))\".")
            }
            guard seen.insert(field).inserted else { throw Self.refusal("\(name) is given twice.") }
            try read(field, &scanner)
        }
        try check(limits)
    }

    static func refusal(_ detail: String) -> Problem { Problem(.invalidEnvelope, detail) }

    private mutating func read(_ field: Field, _ scanner: inout JSONScanner) throws {
        switch field {
        case .body: body = scanner.copy(try scanner.skip())
        case .headers: try readHeaders(&scanner)
        case .destination: destination = try text(field, &scanner)
        case .topic:
            topic = Topic(try text(field, &scanner))
            if topic == nil { throw Self.refusal("topic \(Topic.rule).") }
        case .method: method = try text(field, &scanner)
        case .path: path = try text(field, &scanner)
        case .query: query = try text(field, &scanner)
        case .bodyText: body = Array(try text(field, &scanner).utf8)
        case .bodyBase64:
            guard let data = Data(base64Encoded: try text(field, &scanner)) else {
                throw Self.refusal("body_base64 is not base64.")
            }
            body = Array(data)
        case .deliverAt: deliverAt = try text(field, &scanner)
        case .expiresAt: expiresAt = try text(field, &scanner)
        case .idempotencyKey:
            idempotencyKey = IdempotencyKey(text: try text(field, &scanner))
            if idempotencyKey == nil {
                throw Self.refusal("idempotency_key must be of 1 to 255 bytes, none of control.")
            }
        case .orderingKey:
            orderingKey = OrderingKey(try text(field, &scanner))
            if orderingKey == nil { throw Self.refusal("ordering_key must be of 1 to 255 bytes.") }
        }
    }

    private func text(_ field: Field, _ scanner: inout JSONScanner) throws -> String {
        guard scanner.next() == UInt8(ascii: "\"") else { throw Self.refusal("\(field.rawValue) must be a string.") }
        return try scanner.string()
    }

    private mutating func readHeaders(_ scanner: inout JSONScanner) throws {
        guard scanner.next() == UInt8(ascii: "{") else { throw Self.refusal("headers must be an object.") }
        try scanner.object { scanner, name in
            switch scanner.next() {
            case UInt8(ascii: "\""): try addHeader(name, try scanner.string())
            case UInt8(ascii: "["):
                try scanner.array { scanner in
                    guard scanner.next() == UInt8(ascii: "\"") else { throw Self.headerRefusal(name) }
                    try addHeader(name, try scanner.string())
                }
            default: throw Self.headerRefusal(name)
            }
        }
    }

    private static func headerRefusal(_ name: String) -> Problem {
        refusal("The header \"\(name.prefix(80))\" must be a string or an array of strings.")
    }

    private mutating func addHeader(_ name: String, _ value: String) throws {
        guard let field = HTTPField.Name(name) else {
            throw Self.refusal("\"\(name.prefix(80))\" is not a header's name.")
        }
        let canonical = field.canonicalName
        guard !HopByHop.contains(canonical), !canonical.hasPrefix(HTTPField.Name.gatewayPrefix) else {
            throw Self.refusal("The header \(name) is set by the gateway.")
        }
        guard HTTPField.isValidValue(value) else {
            throw Self.refusal("The header \(name) has control characters, or white space around its value.")
        }
        if canonical == "content-type" { hasContentType = true }
        headers.append(name, value)
    }

    private mutating func check(_ limits: HeadLimits) throws {
        let bodies = seen.intersection([.body, .bodyText, .bodyBase64])
        guard bodies.count == 1 else {
            throw Self.refusal("Exactly one of body, body_text and body_base64 must be given.")
        }
        guard (destination == nil) != (topic == nil), destination != "" else {
            throw Self.refusal("Exactly one of destination and topic must be given.")
        }
        guard let token = HTTPRequest.Method(method), token != .connect, method.utf8.count <= 32 else {
            throw Self.refusal("method is not one of HTTP's.")
        }
        guard path.isEmpty || path.utf8.first == UInt8(ascii: "/") else {
            throw Self.refusal("path must be empty or begin with a slash.")
        }
        guard !path.utf8.contains(UInt8(ascii: "?")), Self.isEncoded(path), Self.isEncoded(query ?? "") else {
            throw Self.refusal("path and query must be percent-encoded.")
        }
        if bodies == [.body], !hasContentType { headers.append("Content-Type", "application/json") }
        guard path.utf8.count + (query?.utf8.count ?? 0) <= limits.fieldBytes else {
            throw Self.refusal("path and query are longer than \(limits.fieldBytes) bytes.")
        }
        guard headers.text.utf8.count <= limits.totalBytes else {
            throw Self.refusal("headers are larger than \(limits.totalBytes) bytes.")
        }
    }

    private static func isEncoded(_ text: String) -> Bool {
        text.utf8.allSatisfy { 0x21...0x7e ~= $0 && $0 != UInt8(ascii: "#") }
    }
}
