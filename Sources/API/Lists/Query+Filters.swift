import Model
import Requests
import Tenants

extension Query {
    /// Rows of a page.
    func pageLimit() throws -> Int { try integer("limit", in: 1...ListBounds.pageLimit) ?? 50 }

    /// The destination of that name, of the caller's. Throws a `Problem`.
    func destination(_ call: Call, _ caller: Caller) throws -> DestinationID? {
        try self["destination"].map { try call.destination(named: $0, of: caller).id }
    }

    func attemptClass() throws -> String? { try self["class"].map { try AttemptClass.checked($0) } }
}

extension Call {
    /// Throws a `Problem`.
    func destination(named name: String, of caller: Caller) throws -> Destination {
        guard let destination = snapshot.destination(named: name[...], of: caller.tenant) else {
            throw Problem.unknownDestination(name)
        }
        return destination
    }
}

extension AttemptClass {
    /// Throws a `Problem` for a word that is none.
    static func checked(_ word: String) throws -> String {
        guard AttemptClass(rawValue: word) != nil else {
            let words = allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(.invalidRequest, "class must be one of \(words).")
        }
        return word
    }
}
