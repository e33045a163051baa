import FlagEngine
import JSON
import Tenants

/// What flags of routes may look at of a request.
final class RouteSubject {
    private let message: Message
    private let body: [UInt8]
    private let targetingKey: String
    /// Read when it is first needed. What is larger than a context may be, or no JSON, has no members.
    private lazy var members: JSONValue =
        body.count <= FlagLimits.contextBytes ? (try? JSONValue(parsing: body)) ?? .null : .null

    init(message: Message, body: [UInt8], targetingKey: String) {
        (self.message, self.body, self.targetingKey) = (message, body, targetingKey)
    }

    func context(_ flag: RouteFlag, _ route: TopicRoute, tenant: String) -> EvaluationContext {
        var attributes: [JSONObject.Member] = [(key: "targetingKey", value: .string(targetingKey))]
        for (name, source) in flag.attributes {
            if let value = value(of: source) { attributes.append((key: name, value: value)) }
        }
        var gateway: [JSONObject.Member] = [
            (key: "tenant", value: .string(tenant)), (key: "environment", value: .string(flag.environment)),
            (key: "topic", value: .string(message.topic.text)),
            (key: "destination", value: .string(route.settings.destination)),
            (key: "method", value: .string(message.method)), (key: "path", value: .string(message.path)),
        ]
        if let key = message.orderingKey { gateway.append((key: "ordering_key", value: .string(key.text))) }
        return EvaluationContext(JSONObject(attributes), gateway: JSONObject(gateway))
    }

    private func value(of source: RouteFlag.Source) -> JSONValue? {
        switch source {
        case .field(let field): field.value(of: message).map { .string($0) }
        case .body(let names):
            names.reduce(members as JSONValue?) { value, name in
                guard case .object(let members)? = value else { return nil }
                return members[name]
            }
        }
    }
}
