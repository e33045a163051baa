package import Model

/// Where requests of some topics go.
package struct TopicRoute: Sendable {
    package let tenant: TenantID
    package let id: RouteID
    package let settings: RouteSettings
    package let destination: DestinationID
    /// Grows with each change; the ETag of its document.
    package let version: Int64

    package init(
        tenant: TenantID, id: RouteID, settings: RouteSettings, destination: DestinationID, version: Int64 = 1
    ) {
        self.tenant = tenant
        self.id = id
        self.settings = settings
        self.destination = destination
        self.version = version
    }

    func takes(_ message: Message, _ words: [Substring]) -> Bool {
        settings.isEnabled && settings.pattern.matches(words) && settings.filters.allSatisfy { $0.holds(of: message) }
    }
}

/// What may be chosen for a route.
package struct RouteSettings: Sendable, Hashable {
    package var name: String
    package var pattern: TopicPattern
    /// The destination's name.
    package var destination: String
    /// All of them must hold.
    package var filters: [RouteFilter] = []
    /// Decides, where it takes a message, whether it delivers and where.
    package var flag: RouteFlag?
    package var isEnabled = true

    package init(name: String, pattern: TopicPattern, destination: String) {
        self.name = name
        self.pattern = pattern
        self.destination = destination
    }
}
