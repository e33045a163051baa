import HTTPTypes
import HummingbirdCore
import NIOCore
import Telemetry
import Tenants

/// `GET /metrics`, in Prometheus' text format. It reads nothing but memory: who scrapes often costs the database nothing.
struct MetricsEndpoint: Sendable {
    enum Access: Sendable {
        /// To whoever can reach the address, all of it.
        case everything
        /// What names no tenant, for the address is open to tenants.
        case withoutTenants
        /// To whoever shows the token, all of it.
        case token(OperatorToken)
    }

    let registry: MetricRegistry
    let access: Access

    var routes: [Route] { [.open(.get, "/metrics", respond)] }

    private func respond(to call: Call) async throws -> Answer {
        var namesTenants = true
        switch access {
        case .everything: break
        case .withoutTenants: namesTenants = false
        case .token(let token):
            guard let shown = Credentials.key(call.request.headers), token.opens(with: shown) else {
                throw Problem.unauthorized(
                    "Send the token of the metrics as Authorization: Bearer.",
                    challenge: #"Bearer realm="sluice-metrics""#)
            }
        }
        // Off the event loops: it takes milliseconds, and reads files.
        let text = Task.detached { [namesTenants] in Exposition(registry, namesTenants: namesTenants).bytes }
        return Answer(.ok, [.contentType: Exposition.mediaType], body: ByteBuffer(bytes: await text.value))
    }
}
