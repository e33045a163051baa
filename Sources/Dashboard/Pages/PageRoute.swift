import API

/// A page and its address. Streams find it by the same address as browsers do.
struct PageRoute: Sendable {
    let path: PathPattern
    /// Parameters of its query, besides those of all pages.
    let reads: [String]
    /// Whether it is about one tenant; an operator chooses one first.
    let isOfTenant: Bool
    let page: @Sendable (Visit) async throws -> Page

    init(
        _ path: PathPattern, reads: [String] = [], isOfTenant: Bool = true,
        _ page: @escaping @Sendable (Visit) async throws -> Page
    ) {
        (self.path, self.reads, self.isOfTenant, self.page) = (path, reads, isOfTenant, page)
    }

    func query(_ text: Substring) throws -> Query { try Query(text, allowed: reads + Visit.parameters) }
}

/// What a form does, and its address.
struct ActionRoute: Sendable {
    let path: PathPattern
    let fields: [String]
    /// Returns where the browser goes then.
    let perform: @Sendable (Visit, Query) async throws -> String

    init(
        _ path: PathPattern, fields: [String] = [], _ perform: @escaping @Sendable (Visit, Query) async throws -> String
    ) {
        (self.path, self.fields, self.perform) = (path, fields, perform)
    }
}
