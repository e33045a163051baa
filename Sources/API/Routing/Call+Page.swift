package import HTTPTypes
import HummingbirdCore
import NIOCore
package import Tenants

/// What pages ask of a call, in words of no server library.
extension Call {
    package var head: HTTPRequest { request.head }

    /// What follows the path's `?`, as it came.
    package var queryText: Substring {
        let target = request.head.path ?? ""
        return target.firstIndex(of: "?").map { target[$0...].dropFirst() } ?? ""
    }

    /// The peer's address: that of a proxy where there is one.
    package var peer: String { channel.remoteAddress?.ipAddress ?? "" }

    package var operatorToken: OperatorToken? { access.operatorToken }

    /// Records that the caller's key was used.
    package func noteUse(of caller: Caller) { access.uses.note(caller, at: now) }
}
