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
        var attributes: JSONObject = ["targetingKey": .string(targetingKey)]
        for (name, source) in flag.attributes { attributes[name] = value(of: source) }
        // In the order of their names, which needs no sorting.
        var gateway: JSONObject = [
            "destination": .string(route.settings.destination), "environment": .string(flag.environment),
            "method": .string(message.method), "path": .string(message.path), "tenant": .string(tenant),
            "topic": .string(message.topic.text),
        ]
        if let key = message.orderingKey { gateway["ordering_key"] = .string(key.text) }
        return EvaluationContext(attributes, gateway: gateway)
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
