package import JSON
import Model
package import Tenants

extension Source {
    /// Its settings, and what is not a setting.
    ///
    /// - Parameter token: where it is new: the only time that it is shown.
    package func shown(_ token: SourceToken? = nil) -> JSONValue {
        var more: JSONObject = ["name": .string(settings.name), "id": .string(id.description)]
        if let token { more["url_path"] = .string(token.path) }
        return SourceDocument.document(settings).merging(.object(more))
    }
}
