import HTTPTypes

/// All that has an address here, besides captures.
struct Router: Sendable {
    let routes: [Route]
    /// By the number of their segments, so that a look-up compares with few.
    private let bySize: [Int: [Route]]

    init(_ routes: [Route]) {
        self.routes = routes
        bySize = Dictionary(grouping: routes) { $0.path.segments.count }
    }

    /// The route of a request, with the values of its path's parameters. `GET` answers `HEAD` as well. Throws a `Problem`.
    func find(_ method: HTTPRequest.Method, _ path: Substring) throws -> (Route, parameters: [Substring: Substring]) {
        let parts = PathPattern.split(path)
        let wanted = method == .head ? .get : method
        var allowed: [HTTPRequest.Method] = []
        for route in bySize[parts.count] ?? [] {
            guard let parameters = route.path.match(parts) else { continue }
            if route.method == wanted { return (route, parameters) }
            allowed += route.method == .get ? [.get, .head] : [route.method]
        }
        guard !allowed.isEmpty else { throw Problem(.notFound, "There is no such resource.") }
        throw Problem.methodNotAllowed(allowed.map(\.rawValue).joined(separator: ", "))
    }
}
