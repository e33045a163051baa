package import JSON
import Model
package import Tenants

extension Destination {
    /// Its settings, and what is not a setting.
    package var shown: JSONValue {
        DestinationDocument.document(settings).merging(
            .object([
                "name": .string(settings.name), "id": .string(id.description),
                "deletion": .string(deletion?.rawValue ?? "none"),
            ]))
    }
}
