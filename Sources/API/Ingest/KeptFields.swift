import HTTPTypes
import Model

/// The header fields of a capture that are stored: all but those of the connection and of the gateway.
enum KeptFields {
    /// Throws a `Problem` for a value that can't be kept as it came.
    ///
    /// - Parameter isKeyed: `Authorization` may have the caller's key.
    static func lines(_ fields: HTTPFields, isKeyed: Bool = true) throws -> HeaderLines {
        let authorizesGateway = isKeyed && !fields.contains(.sluiceKey)
        let ofConnection = fields[.connection].map(named) ?? []
        var lines = HeaderLines()
        for field in fields {
            let name = field.name.canonicalName
            if HopByHop.contains(name) || name.hasPrefix(HTTPField.Name.gatewayPrefix) { continue }
            if authorizesGateway && field.name == .authorization { continue }
            if !ofConnection.isEmpty && ofConnection.contains(name) { continue }
            guard !field.value.isLossy else {
                throw Problem(.invalidRequest, "The header \(field.name) is not UTF-8.")
            }
            lines.append(field.name.rawName, field.value)
        }
        return lines
    }

    private static func named(_ connection: String) -> [String] {
        connection == "keep-alive" || connection == "close" ? [] : HopByHop.named(by: connection)
    }
}
