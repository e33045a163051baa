import Foundation

/// The OpenAPI document as it was served.
struct Document {
    struct Operation {
        let method: String
        let path: String
        let members: [String: Any]
        /// With those of its path.
        let parameters: [[String: Any]]

        var id: String { "\(method) \(path)" }
        var responses: [String: Any] { members["responses"] as? [String: Any] ?? [:] }
        var takesBody: Bool { members["requestBody"] != nil }
        var pathParameters: Set<String> {
            Set(parameters.filter { $0["in"] as? String == "path" }.compactMap { $0["name"] as? String })
        }
        /// The roles that each security scheme asks for.
        var security: [String: [String]] {
            (members["security"] as? [[String: [String]]] ?? []).reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
        }
    }

    static let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]

    let root: [String: Any]

    init(_ json: [UInt8]) throws {
        root = try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any] ?? [:]
    }

    var operations: [Operation] {
        (root["paths"] as? [String: [String: Any]] ?? [:]).flatMap { path, item in
            let shared = item["parameters"] as? [[String: Any]] ?? []
            return Self.methods.compactMap { method in
                (item[method] as? [String: Any]).map { members in
                    let own = members["parameters"] as? [[String: Any]] ?? []
                    return Operation(
                        method: method.uppercased(), path: path, members: members,
                        parameters: (shared + own).map { resolve($0) })
                }
            }
        }
    }

    /// What stands at a path such as `/components/schemas/Problem`.
    func at(_ path: String) -> Any? {
        path.split(separator: "/").reduce(root as Any?) { value, name in (value as? [String: Any])?[String(name)] }
    }

    func names(at path: String) -> Set<String> { Set((at(path) as? [String: Any] ?? [:]).keys) }

    func words(at path: String) -> Set<String> { Set(at(path + "/enum") as? [String] ?? []) }

    /// What a value refers to, or the value.
    func resolve(_ value: Any?) -> [String: Any] {
        let members = value as? [String: Any] ?? [:]
        guard let reference = members["$ref"] as? String else { return members }
        return at(String(reference.dropFirst())) as? [String: Any] ?? [:]
    }

    /// Of all values, at any depth.
    var references: Set<String> { Set(Self.references(in: root)) }

    private static func references(in value: Any) -> [String] {
        switch value {
        case let members as [String: Any]:
            ((members["$ref"] as? String).map { [$0] } ?? []) + members.values.flatMap(references)
        case let elements as [Any]: elements.flatMap(references)
        default: []
        }
    }

    /// The types of the problems that a response may be.
    func problems(of response: Any?) -> Set<String> {
        let content = resolve(response)["content"] as? [String: Any]
        let schema = (content?["application/problem+json"] as? [String: Any])?["schema"] as? [String: Any]
        let parts = schema?["allOf"] as? [[String: Any]] ?? []
        return Set(
            parts.flatMap { part in
                let properties = part["properties"] as? [String: [String: Any]]
                return properties?["type"]?["enum"] as? [String] ?? []
            })
    }
}
