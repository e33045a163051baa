import Foundation

struct Answer: Sendable {
    let status: Int
    private let fields: [(name: String, value: String)]
    var body: [UInt8] = []

    init(head: String) {
        let lines = head.split(separator: "\r\n")
        status = lines.first.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") } ?? 0
        fields = lines.dropFirst().compactMap { line in
            line.firstIndex(of: ":").map {
                (line[..<$0].lowercased(), line[line.index(after: $0)...].trimmingCharacters(in: .whitespaces))
            }
        }
    }

    subscript(name: String) -> String? { fields.last { $0.name == name }?.value }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as a JSON object; empty where it is none.
    var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
    }

    var id: String { json["id"] as? String ?? "" }
    var results: [[String: Any]] { json["results"] as? [[String: Any]] ?? [] }

    /// Of a problem, in which status, media type and members agree; else empty.
    var problem: String {
        guard self["content-type"] == "application/problem+json", json["status"] as? Int == status,
            json["title"] is String, json["detail"] is String, let type = json["type"] as? String
        else { return "" }
        return String(type.dropFirst("/problems/".count))
    }
}
