import JSON
import Tenants

/// The document of settings that a caller sends. What is shown besides its settings may come back with it.
struct SettingsBody {
    /// Settings only.
    let document: JSONValue
    let name: String?

    /// - Parameter shownOnly: members that are no settings.
    init(_ document: JSONValue, shownOnly: Set<String>) {
        guard case .object(let members) = document else {
            (self.document, name) = (document, nil)
            return
        }
        name = if case .string(let text) = members["name"] { text } else { nil }
        self.document = .object(members.filter { !shownOnly.contains($0.key) && $0.key != "name" })
    }

    /// Throws a `Problem`, a `JSONError`, or `BrokenBody`.
    init(_ call: Call, limit: Int, shownOnly: Set<String>) async throws {
        self = try await call.withBody(limit: limit) { body in
            SettingsBody(try JSONValue(parsing: body), shownOnly: shownOnly)
        }
    }

    /// The name that a document must have which is not in a path. Throws a `Problem`.
    func requiredName(_ kind: ProblemKind) throws -> String {
        guard let name else { throw Problem(kind, [.init("name", "is missing")]) }
        return name
    }

    /// Throws a `Problem` where the document has another name than the path.
    func requireName(_ name: String, _ kind: ProblemKind) throws {
        guard self.name == nil || self.name == name else {
            throw Problem(kind, [.init("name", "is not the one in the path; a name can't be changed")])
        }
    }
}
