import HTTPTypes

extension HTTPRequest {
    /// Whether the peer won't send another request: it asks to close, or speaks another protocol from now on.
    var isLast: Bool {
        if method == .connect || headerFields.contains(.upgrade) { return true }
        return headerFields[.connection]?.lowercased().contains("close") == true
    }

    var contentLength: Int? { headerFields[.contentLength].flatMap { Int($0) } }

    /// Whether the body is sent only when it is invited.
    var asksToContinue: Bool { headerFields[.expect]?.lowercased() == "100-continue" }
}
