import JSON
import Model
import Testing

@testable import Tenants

struct RouteFilterPureTests {
    private static func message(
        headers: [(String, String)] = [], key: String? = nil, attributes: [String: String] = [:]
    ) throws -> Message {
        var lines = HeaderLines()
        for (name, value) in headers { lines.append(name, value) }
        return Message(
            topic: try #require(Topic("t")), method: "PUT", path: "/a/b", headers: lines,
            orderingKey: key.flatMap { OrderingKey($0) }, attributes: attributes)
    }

    @Test(arguments: [
        ("method", RouteFilter.Test.equals("PUT"), true), ("method", .equals("put"), false),
        ("path", .prefix("/a/"), true), ("path", .prefix("/b"), false), ("path", .exists(true), true),
        ("ordering_key", .equals("k"), true), ("ordering_key", .exists(false), false),
        ("header.X-Kind", .equals("one"), true), ("header.x-kind", .equals("two"), true),
        ("header.x-kind", .anyOf(["three", "two"]), true), ("header.x-kind", .anyOf(["three"]), false),
        ("header.x-kind", .exists(true), true), ("header.x-other", .exists(true), false),
        ("header.x-other", .exists(false), true), ("header.x-other", .prefix(""), false),
        ("event.source", .prefix("/s"), true), ("event.subject", .exists(false), true),
        ("event.source", .equals("/S"), false),
    ])
    func aFilterHolds(_ field: String, _ test: RouteFilter.Test, _ holds: Bool) throws {
        let message = try Self.message(
            headers: [("x-KIND", "one"), ("X-Kind", "two")], key: "k", attributes: ["source": "/s"])
        #expect(RouteFilter(try #require(.init(field)), test).holds(of: message) == holds)
    }

    /// What Unicode calls equal is not the same bytes.
    @Test func valuesAreComparedByBytes() throws {
        let filter = RouteFilter(.orderingKey, .equals("e\u{301}"))
        #expect(!filter.holds(of: try Self.message(key: "é")))
        #expect(filter.holds(of: try Self.message(key: "e\u{301}")))
    }

    @Test(arguments: [
        "", "body", "header", "header.", "header.a b", "event.", "event.Source", "event.a.b", "data.x", "METHOD",
    ])
    func noFields(_ text: String) { #expect(RouteFilter.Field(text) == nil) }

    @Test func aDocumentComesBack() throws {
        let document = try JSONValue(
            parsing: Array(
                """
                {"topic": "a.*.#", "destination": "d", "enabled": false, "filters": [
                 {"field": "header.X-A", "equals": "'; DROP TABLE sluice.route; --"}, {"field": "event.source", "any_of": ["a", "b"]},
                 {"field": "path", "prefix": "/"}, {"field": "ordering_key", "exists": false}]}
                """.utf8))
        let settings = try RouteDocument.settings(document, named: "r")
        #expect(settings.filters.map(\.field.text) == ["header.x-a", "event.source", "path", "ordering_key"])
        #expect(try RouteDocument.settings(RouteDocument.document(settings), named: "r") == settings)
        #expect(RouteDocument.filters(RouteDocument.filterText(settings.filters)) == settings.filters)
    }

    @Test(arguments: [
        (#"{}"#, "topic is missing"), (#"{"topic": "a", "destination": 1}"#, "destination must be a string"),
        (#"{"topic": "a b", "destination": "d"}"#, "topic must be a topic"),
        (#"{"topic": "a", "destination": "d", "flag": "f"}"#, "flag must be an object"),
        (#"{"topic": "a", "destination": "d", "enabled": "yes"}"#, "enabled must be true or false"),
        (
            #"{"topic": "a", "destination": "d", "filters": [{"field": "body", "equals": "x"}]}"#,
            "filters[0].field must be"
        ),
        (#"{"topic": "a", "destination": "d", "filters": [{"field": "path"}]}"#, "filters[0] must have exactly one of"),
        (
            #"{"topic": "a", "destination": "d", "filters": [{"field": "path", "equals": "a", "prefix": "b"}]}"#,
            "filters[0] must have exactly one of"
        ),
        (#"{"topic": "a", "destination": "d", "filters": [{"field": "path", "any_of": []}]}"#, "must have a value"),
        (
            #"{"topic": "a", "destination": "d", "filters": ["#
                + Array(repeating: #"{"field": "path", "equals": "a"}"#, count: 11)
                .joined(separator: ",") + "]}", "filters has 11 elements; it may have 10"
        ),
        (
            #"{"topic": "a", "destination": "d", "filters": [{"field": "path", "equals": ""#
                + String(repeating: "x", count: 1_025)
                + #""}]}"#, "1 to 1024 bytes"
        ),
    ])
    func whatIsWrongIsTold(_ document: String, _ words: String) throws {
        let error = #expect(throws: InvalidDocument.self) {
            try RouteDocument.settings(try JSONValue(parsing: Array(document.utf8)), named: "r")
        }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
}
