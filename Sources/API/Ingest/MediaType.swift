import HTTPTypes

extension HTTPFields {
    /// Of the body, in small letters and without parameters; nil where there is no `Content-Type`.
    var mediaType: String? {
        self[.contentType]?.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
    }
}
