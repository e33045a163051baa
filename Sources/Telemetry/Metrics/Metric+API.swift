package import CoreMetrics

/// Made once and kept: to make one looks its series up, to use one does not.
extension Counter {
    /// - Parameter values: of the metric's labels, in their order.
    package convenience init(_ metric: Metric, _ values: String...) {
        self.init(label: metric.name, dimensions: metric.dimensions(values))
    }
}

extension Meter {
    package convenience init(_ metric: Metric, _ values: String...) {
        self.init(label: metric.name, dimensions: metric.dimensions(values))
    }
}

extension Recorder {
    package convenience init(_ metric: Metric, _ values: String...) {
        self.init(label: metric.name, dimensions: metric.dimensions(values))
    }
}

extension Timer {
    package convenience init(_ metric: Metric, _ values: String...) {
        self.init(label: metric.name, dimensions: metric.dimensions(values))
    }

    package func record(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        recordNanoseconds(seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000)
    }

    package func record(since start: ContinuousClock.Instant) { record(.now - start) }
}

extension Metric {
    fileprivate func dimensions(_ values: [String]) -> [(String, String)] {
        precondition(values.count == labels.count, "\(name) has the labels \(labels)")
        return Array(zip(labels, values))
    }
}
