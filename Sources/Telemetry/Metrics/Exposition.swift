/// Writes metrics in Prometheus' text format 0.0.4.
package struct Exposition {
    package static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    package private(set) var bytes: [UInt8] = []

    /// - Parameter namesTenants: also shows what has a tenant's name.
    package init(_ registry: MetricRegistry, process: [Reading] = ProcessReadings.now(), namesTenants: Bool) {
        bytes.reserveCapacity(64 << 10)
        for metric in registry.catalogue where namesTenants || !metric.namesTenants {
            switch registry.samples(metric) {
            case .numbers(let samples):
                let samples = samples + process.filter { $0.metric.name == metric.name }.map { ($0.values, $0.value) }
                guard !samples.isEmpty else { continue }
                head(metric)
                for (values, value) in samples { line(metric.name, labels(metric, values), value) }
            case .distributions(let samples):
                guard !samples.isEmpty else { continue }
                head(metric)
                for (values, series) in samples { distribution(metric, labels(metric, values), series) }
            }
        }
    }

    private mutating func head(_ metric: Metric) {
        write("# HELP \(metric.name) \(Self.escaped(metric.help, quotes: false))\n")
        write("# TYPE \(metric.name) \(metric.kind.rawValue)\n")
    }

    private mutating func distribution(_ metric: Metric, _ labels: [String], _ series: Distribution) {
        let counts = series.cumulated
        for (bound, count) in zip(metric.buckets, counts) {
            line(metric.name + "_bucket", labels + ["le=\"\(Self.text(bound))\""], Double(count))
        }
        let all = Double(counts.last ?? 0)
        line(metric.name + "_bucket", labels + [#"le="+Inf""#], all)
        line(metric.name + "_sum", labels, series.sum)
        line(metric.name + "_count", labels, all)
    }

    private func labels(_ metric: Metric, _ values: [String]) -> [String] {
        zip(metric.labels, values).map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }
    }

    private mutating func line(_ name: String, _ labels: [String], _ value: Double) {
        write(name)
        if !labels.isEmpty { write("{" + labels.joined(separator: ",") + "}") }
        write(" \(Self.text(value))\n")
    }

    private mutating func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    /// By bytes: a quote that a combining mark follows is another character, and a quote nevertheless.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes += #"\\"#.utf8
            case UInt8(ascii: "\n"): bytes += #"\n"#.utf8
            case UInt8(ascii: "\"") where quotes: bytes += #"\""#.utf8
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
