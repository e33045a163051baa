package import JSON

/// Whom and what a flag is evaluated for.
package struct EvaluationContext: Sendable {
    /// What the caller says, with `targetingKey` among it.
    package let attributes: JSONObject
    /// What the gateway knows: it counts before what the caller says.
    package let gateway: JSONObject

    package init(_ attributes: JSONObject = [:], gateway: JSONObject = [:]) {
        (self.attributes, self.gateway) = (attributes, gateway)
    }

    /// What is not an object counts as an empty one, as in flagd.
    package init(_ json: JSONValue, gateway: JSONObject = [:]) {
        if case .object(let attributes) = json {
            self.init(attributes, gateway: gateway)
        } else {
            self.init(gateway: gateway)
        }
    }
}
