package import JSON
import Model
package import Tenants

extension TopicRoute {
    /// Its settings, and what is not a setting.
    package var shown: JSONValue {
        RouteDocument.document(settings).merging(
            .object(["name": .string(settings.name), "id": .string(id.description)]))
    }
}
