package import Model

/// What routes look at of a request: its envelope, never its body.
package struct Message: Sendable {
    package let topic: Topic
    package let method: String
    package let path: String
    package let headers: HeaderLines
    package let orderingKey: OrderingKey?
    /// Attributes of a CloudEvent by their names; empty for what is none.
    package let attributes: [String: String]

    package init(
        topic: Topic, method: String, path: String, headers: HeaderLines, orderingKey: OrderingKey? = nil,
        attributes: [String: String] = [:]
    ) {
        self.topic = topic
        self.method = method
        self.path = path
        self.headers = headers
        self.orderingKey = orderingKey
        self.attributes = attributes
    }
}
