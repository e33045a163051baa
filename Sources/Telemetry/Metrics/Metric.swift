/// What can be measured: a name, what it means, and how many series of it are kept. All of them are in `Catalogue`.
package struct Metric: Sendable {
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    package let name: String
    package let kind: Kind
    /// For people: one sentence, with the unit where the name does not say it.
    package let help: String
    /// Names of labels; a series has a value for each, in this order.
    package let labels: [String]
    /// Series that are kept. What comes beyond them is counted in one series whose labels are all `other`.
    package let limit: Int
    /// Upper bounds of a histogram's buckets, in its unit.
    package let buckets: [Double]

    private init(
        _ kind: Kind, _ name: String, _ help: String, labels: [String] = [], limit: Int = 1, buckets: [Double] = []
    ) {
        self.kind = kind
        self.name = name
        self.help = help
        self.labels = labels
        self.limit = limit
        self.buckets = buckets
    }

    static func counter(_ name: String, _ help: String) -> Metric { Metric(.counter, name, help) }

    static func counter(_ name: String, by labels: String..., upTo limit: Int, _ help: String) -> Metric {
        Metric(.counter, name, help, labels: labels, limit: limit)
    }

    static func gauge(_ name: String, _ help: String) -> Metric { Metric(.gauge, name, help) }

    static func gauge(_ name: String, by labels: String..., upTo limit: Int, _ help: String) -> Metric {
        Metric(.gauge, name, help, labels: labels, limit: limit)
    }

    static func histogram(_ name: String, in buckets: [Double], _ help: String) -> Metric {
        Metric(.histogram, name, help, buckets: buckets)
    }

    static func histogram(
        _ name: String, by labels: String..., upTo limit: Int, in buckets: [Double], _ help: String
    ) -> Metric {
        Metric(.histogram, name, help, labels: labels, limit: limit, buckets: buckets)
    }

    /// Whether its series name tenants.
    var namesTenants: Bool { labels.contains("tenant") }
}
