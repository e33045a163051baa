import API
import Circuits
import Postgres

/// The states of a circuit in a span of time, as a strip: the higher a bar, the less passes.
struct CircuitStrip {
    struct Segment: Equatable {
        let state: String
        let mode: String
        let from: Timestamp
        let to: Timestamp
    }

    static let span = Duration.seconds(24 * 3_600)
    private static let (width, height) = (720, 48)

    let segments: [Segment]
    private let start: Timestamp

    /// - Parameter records: its history, newest first.
    init(_ records: [CircuitRecord], now: Timestamp, current: CircuitView) {
        self.init(
            records.map { (at: $0.at, from: $0.from, to: $0.to, mode: $0.mode) }, now: now,
            current: (current.state, current.mode))
    }

    init(
        _ changes: [(at: Timestamp, from: String, to: String, mode: String)], now: Timestamp,
        current: (state: String, mode: String)
    ) {
        start = Timestamp(microseconds: now.microseconds - Self.span.microseconds)
        var segments: [Segment] = []
        var (end, state, mode) = (now, current.state, current.mode)
        for change in changes where change.at < end {
            (state, mode) = (change.to, change.mode)
            let from = max(change.at, start)
            segments.append(Segment(state: state, mode: mode, from: from, to: end))
            (end, state, mode) = (from, change.from, "auto")
            if change.at <= start { break }
        }
        if end > start { segments.append(Segment(state: state, mode: mode, from: start, to: end)) }
        self.segments = segments.reversed()
    }

    var markup: HTML {
        let bars = segments.html { segment in
            let (from, to) = (x(segment.from), x(segment.to))
            let share = Self.share(segment)
            let high = Int(Double(Self.height) * share)
            return """
                <rect class="state \(Self.kind(segment))" x="\(from)" y="\(Self.height - high)" width="\(max(1, to - from))" \
                height="\(high)"><title>\(segment.words)</title></rect>

                """
        }
        return """
            <figure class="chart strip">
            <svg viewBox="0 0 \(Self.width) \(Self.height)" preserveAspectRatio="none" role="img" \
            aria-labelledby="strip-title strip-text">
            <title id="strip-title">The circuit in the last 24 hours</title>
            <desc id="strip-text">\(summary)</desc>
            \(bars)</svg>
            <figcaption><span>24 hours ago</span><span>The higher, the less passes</span><span>now</span></figcaption>
            </figure>
            """
    }

    /// In words, the latest first.
    var summary: String {
        let latest = segments.reversed().prefix(5).map { "\($0.words) from \($0.from.rfc3339.prefix(16))" }
        return "Latest first: " + latest.joined(separator: "; ") + "."
    }

    private func x(_ time: Timestamp) -> Int {
        Int(Double(Self.width) * ((time - start) / Self.span))
    }

    private static func kind(_ segment: Segment) -> String {
        switch segment.mode {
        case "forced_open": "open"
        case "forced_closed": "closed"
        default: segment.state
        }
    }

    private static func share(_ segment: Segment) -> Double {
        switch kind(segment) {
        case "open": 1
        case "half_open": 0.75
        case "ramping": 0.5
        default: 0.2
        }
    }
}

extension CircuitStrip.Segment {
    var words: String {
        state.replacing("_", with: " ") + (mode == "auto" ? "" : " (\(mode.replacing("_", with: " ")))")
    }
}
