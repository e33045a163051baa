import Foundation
import Glibc

/// Which process this is, for people who see many of them.
enum Identity {
    /// Until there are releases.
    static let version = "dev"

    /// OpenTelemetry's attributes of a resource.
    static func resource(_ roles: Gateway.Roles) -> [(name: String, value: String)] {
        [
            ("service.name", "sluice"), ("service.version", version),
            ("service.instance.id", UUID().uuidString.lowercased()),
            ("host.name", ProcessInfo.processInfo.hostName), ("process.pid", "\(getpid())"),
            ("sluice.roles", roles.words),
        ]
    }
}

extension Gateway.Roles {
    var words: String {
        [contains(.serve) ? "serve" : nil, contains(.work) ? "work" : nil].compactMap { $0 }.joined(separator: "+")
    }
}
