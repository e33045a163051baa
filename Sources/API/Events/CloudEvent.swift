import FoundationEssentials
import Model
import Postgres
import Tenants

/// An event of CloudEvents 1.0 as it came, and what the gateway reads of it. It is stored, and delivered, in the mode
/// in which it came.
struct CloudEvent {
    /// Bytes of an attribute's name. The specification asks for 20 at most, and does not insist.
    private static let nameLimit = 64

    /// With those that are required, all of them not empty.
    let attributes: [String: String]
    let topic: Topic
    /// In binary mode the attributes and the content type; else the content type.
    let headers: HeaderLines
    let body: [UInt8]

    /// Throws a `Problem`.
    init(_ attributes: [String: String], headers: HeaderLines, body: [UInt8]) throws {
        for name in ["specversion", "id", "source", "type"] where attributes[name] == nil {
            throw Self.refusal("The attribute \(name) is missing.")
        }
        for name in attributes.keys.sorted() where attributes[name] == "" {
            throw Self.refusal("The attribute \(name) is empty.")
        }
        guard attributes["specversion"] == "1.0" else {
            throw Self.refusal("specversion must be 1.0; other versions are not taken.")
        }
        guard let topic = attributes["type"].flatMap({ Topic($0) }) else {
            throw Self.refusal("type is a topic here: it \(Topic.rule).")
        }
        for name in ["source", "dataschema"] where attributes[name].map(Self.isReference) == false {
            throw Self.refusal("\(name) must be a URI.")
        }
        guard attributes["time"].map({ Timestamp(rfc3339: $0) != nil }) != false else {
            throw Self.refusal("time is not a time of RFC 3339.")
        }
        self.attributes = attributes
        self.topic = topic
        self.headers = headers
        self.body = body
    }

    static func refusal(_ detail: String) -> Problem { Problem(.invalidEvent, detail) }

    /// The specification's rule. Throws a `Problem`.
    static func checkName(_ name: some StringProtocol) throws {
        let isLegal = name.utf8.allSatisfy { 0x61...0x7a ~= $0 || 0x30...0x39 ~= $0 }
        guard 1...nameLimit ~= name.utf8.count, isLegal else {
            throw refusal(
                "\"\(name.prefix(80))\" is not an attribute's name: 1 to \(nameLimit) of a-z and 0-9.")
        }
    }

    /// Characters that no attribute may have. Throws a `Problem`.
    static func checkValue(_ value: String, of name: some StringProtocol) throws {
        guard value.unicodeScalars.allSatisfy({ $0.value > 0x1f && !(0x7f...0x9f ~= $0.value) }) else {
            throw refusal("The attribute \(name) has control characters.")
        }
    }

    private static func isReference(_ text: String) -> Bool {
        !text.utf8.contains { $0 <= 0x20 || "<>\"".utf8.contains($0) }
    }

    /// The Partitioning extension says what keeps its order.
    var orderingKey: OrderingKey? { attributes["partitionkey"].flatMap { OrderingKey($0) } }

    var idempotencyKey: IdempotencyKey {
        IdempotencyKey(eventSource: attributes["source"] ?? "", id: attributes["id"] ?? "")
    }
}
