import HTTPTypes
import HummingbirdCore
import JSON
import NIOCore
package import Postgres
package import Tenants

/// A request on its way to the handler of its route.
package struct Call: Sendable {
    let request: Request
    let channel: any Channel
    package let parameters: [Substring: Substring]
    /// The configuration by which this request is judged.
    package let snapshot: TenantSnapshot
    package let now: Timestamp
    let bodies: BodyReader
    let access: Access

    /// A parameter of the route's path.
    subscript(parameter: Substring) -> Substring { parameters[parameter] ?? "" }

    /// Throws a `Problem` for parameters of other names, or that come twice.
    func query(_ allowed: String...) throws -> Query {
        let target = request.head.path ?? ""
        return try Query(target.firstIndex(of: "?").map { target[$0...].dropFirst() } ?? "", allowed: allowed)
    }

    /// Reads the body and lends it to `use`. Throws a `Problem`, `BrokenBody`, or what `use` throws.
    package func withBody<T>(limit: Int, _ use: ([UInt8]) async throws -> T) async throws -> T {
        try await bodies.withBody(of: request, limit: limit, on: channel, use)
    }

    /// Reads a body that is one JSON object; `member` reads the value of a member, or returns false for a name that it
    /// does not know. Throws a `Problem`, a `JSONError`, or `BrokenBody`.
    func withMembers(limit: Int = 64 << 10, _ member: (inout JSONScanner, String) throws -> Bool) async throws {
        try await withBody(limit: limit) { body in
            var scanner = try JSONScanner(body)
            try scanner.members(member)
            try scanner.requireEnd()
        }
    }
}
