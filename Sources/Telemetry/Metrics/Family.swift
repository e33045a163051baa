import Synchronization

/// The series of one metric, bounded.
final class Family<Series: Sendable>: Sendable {
    /// The value of every label of what came beyond the limit.
    static var overflow: String { "other" }

    let metric: Metric
    private let make: @Sendable () -> Series
    private let known = Mutex([[String]: Series]())

    init(_ metric: Metric, make: @escaping @Sendable () -> Series) {
        self.metric = metric
        self.make = make
        // What has no labels is shown from the start: a rate needs the zero before the first event.
        if metric.labels.isEmpty { _ = series([]) }
    }

    /// - Returns: the series of these values, or the one of the overflow, which has no place in the limit.
    func series(_ values: [String]) -> (series: Series, isOverflow: Bool) {
        known.withLock { known in
            if let series = known[values] { return (series, false) }
            let isOverflow = known.count >= metric.limit
            let place = isOverflow ? metric.labels.map { _ in Self.overflow } : values
            let series = known[place] ?? make()
            known[place] = series
            return (series, isOverflow)
        }
    }

    /// In the order of their labels.
    var all: [(values: [String], series: Series)] {
        known.withLock { known in
            known.map { ($0.key, $0.value) }
        }.sorted { $0.values.lexicographicallyPrecedes($1.values) }
    }
}
