import Model
import Testing

@testable import Tenants

struct RouteTablePureTests {
    private static let tenant = TenantID.new()

    private static func route(_ pattern: String, to destination: DestinationID, isEnabled: Bool = true) throws
        -> TopicRoute
    {
        var settings = RouteSettings(
            name: "r", pattern: try #require(TopicPattern(pattern)), destination: "d")
        settings.isEnabled = isEnabled
        return TopicRoute(tenant: tenant, id: .new(), settings: settings, destination: destination)
    }

    private static func message(_ topic: String) throws -> Message {
        Message(topic: try #require(Topic(topic)), method: "POST", path: "", headers: HeaderLines())
    }

    @Test func everyRouteThatFitsIsFoundAndADisabledOneNever() throws {
        let (one, two, three) = (DestinationID.new(), DestinationID.new(), DestinationID.new())
        var table = RouteTable()
        let last = try Self.route("#.b", to: two)
        for route in [
            try Self.route("a.b", to: one), try Self.route("a.*", to: one), try Self.route("*.b", to: one), last,
            try Self.route("a.b", to: three, isEnabled: false),
        ] { table.put(route) }
        func found(_ topic: String) throws -> [DestinationID] {
            table.routes(of: try Self.message(topic)).map(\.destination)
        }
        #expect(Set(try found("a.b")) == [one, two])
        #expect(try found("a.b").count == 4)
        #expect(try found("a.c") == [one])
        #expect(try found("c") == [])
        table.remove(last)
        #expect(try found("x.y.b") == [])
    }

    /// As many routes as a tenant may have, each as dear as it can be: the price of a request stays below what a commit
    /// takes, by orders.
    @Test func theDearestRoutesAreBearable() throws {
        var table = RouteTable()
        let pattern = "#." + Array(repeating: "a", count: 14).joined(separator: ".") + ".b"
        for _ in 0..<Int(TenantStore.routeLimit) { table.put(try Self.route(pattern, to: .new())) }
        let message = try Self.message(Array(repeating: "a", count: 16).joined(separator: "."))
        let time = ContinuousClock().measure { #expect(table.routes(of: message).isEmpty) }
        #expect(time < .seconds(1), "\(time)")
    }
}
