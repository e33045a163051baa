package import CoreMetrics
import Synchronization

/// Keeps the metrics of a process in memory: a backend of swift-metrics. Names that are not in the catalogue, such as a
/// library's own, are passed over, and each metric has a limit of series: what is kept does not grow with what is done.
package final class MetricRegistry: MetricsFactory, Sendable {
    /// Of this process: what swift-metrics writes to from the first use on.
    package static let ofProcess: MetricRegistry = {
        let registry = MetricRegistry()
        MetricsSystem.bootstrap(registry)
        return registry
    }()

    private let counters: [String: Family<Count>]
    private let gauges: [String: Family<Level>]
    private let histograms: [String: Family<Distribution>]
    private let dropped: Count
    private let readings = Mutex([Reading]())

    package init(_ catalogue: [Metric] = Metric.catalogue) {
        func families<S: Sendable>(
            _ kind: Metric.Kind, _ make: @escaping @Sendable (Metric) -> S
        ) -> [String: Family<S>] {
            Dictionary(
                uniqueKeysWithValues: catalogue.filter { $0.kind == kind && !$0.isRead }.map { metric in
                    (metric.name, Family(metric) { make(metric) })
                })
        }
        counters = families(.counter) { _ in Count() }
        gauges = families(.gauge) { _ in Level() }
        histograms = families(.histogram) { Distribution(bounds: $0.buckets) }
        dropped = counters[Metric.seriesDropped.name]?.series([]).series ?? Count()
        self.catalogue = catalogue
    }

    let catalogue: [Metric]

    /// Puts these in the place of what was shown of their kind before; what could not be read is left out.
    package func show(_ new: [Reading]) { readings.withLock { $0 = new } }

    /// In the order of the catalogue.
    func samples(_ metric: Metric) -> Samples {
        if let family = counters[metric.name] {
            return .numbers(family.all.map { ($0.values, Double($0.series.value)) })
        }
        if let family = gauges[metric.name] { return .numbers(family.all.map { ($0.values, $0.series.value) }) }
        if let family = histograms[metric.name] { return .distributions(family.all) }
        let read = readings.withLock { $0.filter { $0.metric.name == metric.name } }
        return .numbers(read.prefix(metric.limit).map { ($0.values, $0.value) })
    }

    enum Samples {
        case numbers([(values: [String], value: Double)])
        case distributions([(values: [String], series: Distribution)])
    }

    private func series<S>(
        _ families: [String: Family<S>], _ label: String, _ dimensions: [(String, String)]
    ) -> S? {
        guard let (series, isOverflow) = families[label]?.series(dimensions.map(\.1)) else { return nil }
        if isOverflow { dropped.increment(by: 1) }
        return series
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(counters, label, dimensions) ?? NOOPMetricsHandler.instance
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        NOOPMetricsHandler.instance
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(gauges, label, dimensions) ?? NOOPMetricsHandler.instance
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        if aggregate { return series(histograms, label, dimensions) ?? NOOPMetricsHandler.instance }
        return series(gauges, label, dimensions) ?? NOOPMetricsHandler.instance
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(histograms, label, dimensions) ?? NOOPMetricsHandler.instance
    }

    // Series stay: a counter that vanished and came back would begin at zero.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}
}

/// A number that is looked up now and then rather than counted.
package struct Reading: Sendable {
    let metric: Metric
    let values: [String]
    let value: Double

    /// - Parameter values: of the metric's labels, in their order.
    package init(_ metric: Metric, _ values: String..., is value: Double) {
        self.init(metric: metric, values: values, value: value)
    }

    init(metric: Metric, values: [String], value: Double) {
        self.metric = metric
        self.values = values
        self.value = value
    }
}
