import HTTPTypes
import Testing

@testable import API

@Suite struct RouterTests {
    private static let router = Router([
        route(.get, "/a"), route(.post, "/a"), route(.get, "/a/{x}"), route(.delete, "/a/{x}"),
        route(.get, "/a/{x}/b/{y}"),
    ])

    private static func route(_ method: HTTPRequest.Method, _ path: PathPattern) -> Route {
        .open(method, path) { _ in throw Problem(.notFound, "") }
    }

    @Test(arguments: [
        (HTTPRequest.Method.get, "/a", "/a", [:]), (.head, "/a", "/a", [:]),
        (.get, "/a/1", "/a/{x}", ["x": "1"]), (.get, "/a/1/b/%20", "/a/{x}/b/{y}", ["x": "1", "y": "%20"]),
    ])
    func finds(_ method: HTTPRequest.Method, _ path: String, _ pattern: String, _ values: [Substring: Substring])
        throws
    {
        let (route, parameters) = try Self.router.find(method, path[...])
        #expect(route.path.description == pattern)
        #expect(parameters == values)
    }

    @Test(arguments: ["", "/", "a", "/a/", "//a", "/a/1/b/", "/a/1/c/2", "/a/1/b/2/"])
    func knowsNoOthers(_ path: String) {
        #expect { try Self.router.find(.get, path[...]) } throws: { ($0 as? Problem)?.kind == .notFound }
    }

    @Test func tellsTheMethodsOfAResource() {
        #expect { try Self.router.find(.put, "/a/1") } throws: { error in
            (error as? Problem)?.kind == .methodNotAllowed && (error as? Problem)?.fields[.allow] == "GET, HEAD, DELETE"
        }
    }

    @Test func readsQueries() throws {
        let query = try Query("a=1%202+3&b", allowed: ["a", "b", "c"])
        #expect(query["a"] == "1 2 3" && query["b"] == "" && query["c"] == nil)
        #expect(try Query("limit=10", allowed: ["limit"]).integer("limit", in: 1...10) == 10)
        #expect(try Query("", allowed: ["limit"]).integer("limit", in: 1...10) == nil)
    }

    @Test(arguments: ["x=1", "a=1&a=2", "a=%", "a=%ff", "a=%00"])
    func refusesQueries(_ text: String) {
        #expect { try Query(text[...], allowed: ["a"]) } throws: { ($0 as? Problem)?.kind == .invalidRequest }
    }
}
