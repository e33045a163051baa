import JSON
import Tenants

/// The document that a caller sends. What a destination shows besides its settings may come back with it.
struct DestinationBody {
    private static let shownOnly: Set<String> = ["id", "deletion"]

    /// Settings only.
    let document: JSONValue
    let name: String?

    init(_ document: JSONValue) {
        guard case .object(let members) = document else {
            (self.document, name) = (document, nil)
            return
        }
        name = if case .string(let text) = members["name"] { text } else { nil }
        self.document = .object(members.filter { !Self.shownOnly.contains($0.key) && $0.key != "name" })
    }

    /// Throws a `Problem`, a `JSONError`, or `BrokenBody`.
    init(_ call: Call) async throws {
        self = try await call.withBody(limit: DestinationsEndpoint.bodyLimit) { body in
            DestinationBody(try JSONValue(parsing: body))
        }
    }
}
