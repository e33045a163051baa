import HTTPTypes
import HummingbirdCore
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

    private let access: Access
    private let text: MetricsText

    init(registry: MetricRegistry, access: Access) {
        self.access = access
        let namesTenants = if case .withoutTenants = access { false } else { true }
        text = MetricsText { Exposition(registry, namesTenants: namesTenants).bytes }
    }

    var routes: [Route] { [.open(.get, "/metrics", respond)] }

    private func respond(to call: Call) async throws -> Answer {
        if case .token(let token) = access {
            guard let shown = Credentials.key(call.request.headers), token.opens(with: shown) else {
                throw Problem.unauthorized(
                    "Send the token of the metrics as Authorization: Bearer.",
                    challenge: #"Bearer realm="sluice-metrics""#)
            }
        }
        return Answer(.ok, [.contentType: Exposition.mediaType], body: await text.bytes())
    }
}
