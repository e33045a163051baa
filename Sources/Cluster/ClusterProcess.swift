package import Model
import Postgres

/// A process of the gateway, as the others see it.
package struct ClusterProcess: Sendable, Equatable {
    package enum Role: String, Sendable {
        /// Answers the API.
        case serve
        /// Delivers.
        case work
    }

    package let id: ProcessID
    /// The last step of the schema that its program knows.
    package let level: String
    package let roles: [String]
    package let host: String
    /// On its host, or in its container.
    package let pid: Int32

    package init(id: ProcessID = .new(), level: String, roles: [Role], host: String, pid: Int32) {
        self.id = id
        self.level = level
        self.roles = roles.map(\.rawValue)
        self.host = String(decoding: host.utf8.prefix(255), as: UTF8.self)
        self.pid = pid
    }

    init(_ row: Row) throws {
        id = ProcessID(try row.decode(0))
        level = try row.decode(1)
        roles = try row.decode(2)
        host = try row.decode(3)
        pid = try row.decode(4)
    }
}
