import HTTPTypes
import JSON
import Model
import Tenants

/// A page of a tenant's things that have names, in the order of these.
struct SettingsList {
    static let pageLimit = 200

    let limit: Int
    /// The name from which the page begins; empty: from the start.
    let first: String

    /// Throws a `Problem`.
    init(_ query: Query) throws {
        limit = try query.integer("limit", in: 1...Self.pageLimit) ?? 50
        first = query["cursor"] ?? ""
        guard first.isEmpty || first.isSlug else {
            throw Problem(.invalidRequest, "cursor must be the next of an earlier page.")
        }
    }

    /// - Parameter found: one more than the limit where there are more.
    func answer(_ member: String, _ found: [(name: String, document: JSONValue)]) -> Answer {
        let documents = found.prefix(limit).map(\.document)
        var writer = JSONWriter()
        writer.object { writer in
            writer.name(member)
            writer.array { writer in for document in documents { writer.value(document) } }
            writer.member("next", found.count > limit ? found.last?.name : nil)
        }
        return Answer(.ok, json: writer)
    }
}
