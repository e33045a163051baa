import API
import Model
import Postgres
import Requests
import Tenants

/// Fields of forms: browsers send those that were left empty too.
extension Query {
    /// nil also where it is empty.
    func filled(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// A time as a person writes it: of RFC 3339, without seconds too. Throws a `Problem`.
    func moment(_ name: String) throws -> Timestamp? {
        guard let text = filled(name)?.filter({ !$0.isWhitespace }) else { return nil }
        let zoned = text.hasSuffix("Z") || text.dropFirst(10).contains { $0 == "+" || $0 == "-" } ? text : text + "Z"
        let whole = zoned.replacing(/T(\d\d):(\d\d)(?=[Z+-])/) { "T\($0.1):\($0.2):00" }
        guard let time = Timestamp(rfc3339: whole) else {
            throw Problem(.invalidRequest, "\(name): write a time as 2026-01-31T09:30Z.")
        }
        return time
    }
}

extension Visit {
    /// The address of a list with the filters of this one, and one parameter more.
    func link(_ path: String, _ query: Query, keeping names: [String], _ more: (name: String, value: String)) -> String
    {
        let kept = names.compactMap { name in query.filled(name).map { "&\(name)=\(percentEncoded($0))" } }.joined()
        return link(path, [more.name: more.value]) + kept
    }
}

extension TenantStore {
    /// The destination that a list is filtered by; nil: none is. Throws a `Problem`.
    func destinationID(filteredBy query: Query, of tenant: Tenant) async throws -> DestinationID? {
        guard let name = query.filled("destination") else { return nil }
        guard let found = try await destination(named: name, tenant: tenant.id, shard: tenant.shard) else {
            throw Problem.unknownDestination(name)
        }
        return found.id
    }
}

extension RequestFilter.State {
    /// Throws a `Problem`.
    init(chosen word: String) throws {
        guard let state = Self(rawValue: word) else { throw Problem(.invalidRequest, "Choose a state.") }
        self = state
    }
}

/// In place of a page: it is at another address.
struct Elsewhere: Error {
    let path: String
    init(_ path: String) { self.path = path }
}
