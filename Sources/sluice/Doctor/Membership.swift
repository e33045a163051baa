import Postgres
import SQL
import Tenants

/// Whether the database's login may act as a role.
struct Membership: Equatable {
    static let statements = [SQL["doctor.membership"]]

    let login: String
    let role: String
    let exists: Bool
    let isHeld: Bool

    /// SQL for a superuser.
    var remedy: String { "GRANT \(role) TO \"\(login)\";" }

    /// The client must have prepared `statements`.
    static func all(_ client: Client) async throws -> [Membership] {
        try await client.query(SQL["doctor.membership"]).map { row in
            Membership(
                login: try row.decode(0), role: try row.decode(1), exists: try row.decode(2), isHeld: try row.decode(3))
        }
    }
}
