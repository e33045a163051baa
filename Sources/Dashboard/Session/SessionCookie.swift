import FoundationEssentials
import HTTPTypes
import Postgres
import Tenants

/// Sessions as browsers keep them: sealed with the key of the gateway's secrets, so that no process has to remember any, and
/// every one opens what another has sealed.
struct SessionCookie: Sendable {
    static let name = "sluice_session"
    private static let owner = "dashboard session"

    let secrets: SecretBox

    /// The session that the request shows; nil: none that is good now.
    func session(_ head: HTTPRequest, now: Timestamp) -> Session? {
        for cookie in (head.headerFields[.cookie] ?? "").split(separator: ";") {
            let parts = cookie.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == Self.name,
                let sealed = Data(base64Encoded: String(parts[1])),
                let bytes = try? secrets.open(Array(sealed), owner: Self.owner), let session = Session(bytes: bytes),
                session.expiresAt > now
            else { continue }
            return session
        }
        return nil
    }

    /// What keeps the session in the browser that sent the request.
    func keeping(_ session: Session, for head: HTTPRequest) throws -> String {
        let sealed = Data(try secrets.seal(session.bytes, owner: Self.owner)).base64EncodedString()
        return line(sealed, age: Session.lifetime.components.seconds, head)
    }

    func forgetting(for head: HTTPRequest) -> String { line("", age: 0, head) }

    private func line(_ value: String, age: Int64, _ head: HTTPRequest) -> String {
        // Of several proxies the first is the one that the browser speaks with.
        let scheme = head.headerFields[.forwardedProto]?.prefix { $0 != "," && $0 != " " }.lowercased()
        return "\(Self.name)=\(value); Path=/; Max-Age=\(age); HttpOnly; SameSite=Strict"
            + (scheme == "https" ? "; Secure" : "")
    }
}
