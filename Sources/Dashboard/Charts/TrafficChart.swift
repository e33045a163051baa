import API
import Postgres
import Requests

/// What came and went in the last minutes: an area, lines that are told apart without colours, and the figures as a table.
struct TrafficChart {
    private static let (width, height, left, bottom) = (1_000, 220, 56, 22)

    let minutes: [TrafficMinute]

    private struct Line: Sendable {
        let name: String
        let kind: String
        let value: @Sendable (TrafficMinute) -> Int64
    }

    private static let lines = [
        Line(name: "accepted", kind: "accepted") { $0.accepted },
        Line(name: "delivered", kind: "delivered") { $0.delivered },
        Line(name: "failed attempts", kind: "failed") { $0.failed },
    ]

    var markup: HTML {
        guard let first = minutes.first, let last = minutes.last else {
            return "<p class=\"empty\">No minute has been counted yet.</p>"
        }
        let top = Self.scale(minutes.map { max($0.accepted, $0.delivered, $0.failed) }.max() ?? 0)
        let grid = [0, top / 2, top].html { value in
            let y = Self.y(value, of: top)
            return """
                <line class="grid" x1="\(Self.left)" x2="\(Self.width)" y1="\(y)" y2="\(y)"/>
                <text class="scale" x="\(Self.left - 6)" y="\(y)" dy="0.32em" text-anchor="end">\(value)</text>

                """
        }
        let drawn = Self.lines.enumerated().html { index, line in
            let points = self.points(line, of: top)
            let area: HTML =
                index == 0
                ? """
                <polygon class="area" points="\(Self.left),\(Self.y(0, of: top)) \(points) \(Self.width),\(Self.y(0, of: top))"/>
                """ : ""
            return "\(area)<polyline class=\"line \(line.kind)\" points=\"\(points)\"/>\n"
        }
        return """
            <figure class="chart">
            <svg viewBox="0 0 \(Self.width) \(Self.height)" role="img" aria-labelledby="traffic-title traffic-text">
            <title id="traffic-title">Requests and attempts a minute</title>
            <desc id="traffic-text">\(summary)</desc>
            \(grid)\(drawn)<text class="scale" x="\(Self.left)" y="\(Self.height - 4)">\(Self.clock(first.minute))</text>
            <text class="scale" x="\(Self.width)" y="\(Self.height - 4)" text-anchor="end">\(Self.clock(last.minute)) UTC</text>
            </svg>
            <figcaption>A minute: \(legend)</figcaption>
            </figure>
            <details id="traffic-figures"><summary>The figures</summary>\(table)</details>
            """
    }

    /// In words, for who can't see the lines.
    var summary: String {
        let sums = Self.lines.map { line in "\(minutes.reduce(0) { $0 + line.value($1) }) \(line.name)" }
        return "In the last \(minutes.count) minutes: \(sums.joined(separator: ", "))."
    }

    private var legend: HTML {
        Self.lines.html { line in
            """
            <span class="key"><svg viewBox="0 0 24 8" aria-hidden="true"><polyline class="line \(line.kind)" points="0,4 24,4"/></svg> \
            \(line.name)</span>
            """
        }
    }

    private var table: HTML {
        Table("Requests and attempts by minute", ["Minute", "Accepted", "Delivered", "Retried", "Dead"], ifEmpty: "")
            .of(minutes.reversed()) { minute in
                ["\(Self.clock(minute.minute))"]
                    + [minute.accepted, minute.delivered, minute.retried, minute.dead].map { .count($0) }
            }
    }

    private func points(_ line: Line, of top: Int64) -> String {
        let span = max(1, minutes.count - 1)
        return minutes.enumerated().map { index, minute in
            let x = Self.left + (Self.width - Self.left) * index / span
            return "\(x),\(Self.y(line.value(minute), of: top))"
        }.joined(separator: " ")
    }

    private static func y(_ value: Int64, of top: Int64) -> Int {
        let room = height - bottom - 8
        return 8 + room - Int(Double(room) * Double(value) / Double(max(1, top)))
    }

    /// The next of 2, 4, 10, 20, 40, 100 …: even, so that half of it is whole.
    static func scale(_ most: Int64) -> Int64 {
        var step: Int64 = 1
        while step < .max / 20 {
            for factor: Int64 in [2, 4, 10] where step * factor >= most { return step * factor }
            step *= 10
        }
        return most
    }

    private static func clock(_ time: Timestamp) -> String { String(time.rfc3339.dropFirst(11).prefix(5)) }
}

extension TrafficMinute {
    /// Attempts that did not deliver.
    var failed: Int64 { retried + dead }
}
