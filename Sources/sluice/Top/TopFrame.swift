import Postgres
import Requests

/// A look at the database as lines for a terminal; pure.
struct TopFrame {
    private static let columns: [TextTable.Column] = [
        .init(title: "tenant"), .init(title: "destination"), .init(title: "circuit"),
        .init(title: "waiting", alignment: .right), .init(title: "oldest", alignment: .right),
        .init(title: "under way", alignment: .right), .init(title: "delivered/m", alignment: .right),
        .init(title: "failed/m", alignment: .right),
    ]

    let reading: TopReading
    /// nil at the first look.
    let rates: TopRates?
    var view = TopView()

    /// Fits the size; nil: all that there is, for programs.
    func lines(in size: Terminal.Size? = nil) -> [String] {
        let destinations = reading.destinations(by: view.order)
        var lines = header
        if size != nil { lines.append("sort: b backlog  o oldest  f failures  t tenant    j k scroll    q quit") }
        lines.append("")
        let table = TextTable(columns: Self.columns, rows: destinations.map(cells)).lines(width: size?.columns)
        guard let size else { return lines + table }
        let room = max(0, size.rows - lines.count - 1)
        lines += table.prefix(1) + table.dropFirst(1 + view.offset).prefix(room)
        return lines.prefix(size.rows).map { $0.cut(to: size.columns) }
    }

    private var header: [String] {
        let leader = reading.leader.map { "leader \($0.prefix(8))" } ?? "no leader"
        let oldest = reading.destinations.compactMap(\.oldestAt).min().map { reading.at - $0 }
        let age = oldest.flatMap { $0 > .zero ? $0.short : nil } ?? "-"
        let waiting = reading.waiting
        let circuits = reading.circuits.map { "\($0.count) \($0.state)" }.joined(separator: ", ")
        return [
            "sluice top  \(reading.at.text)  \(reading.database.printable)  processes \(reading.processes)  \(leader)",
            "accepted/s \(rate(rates?.accepted))  attempts/s \(rate(rates?.attempts))  dead/s \(rate(rates?.dead))",
            "last minute: accepted \(count(\.accepted))  delivered \(count(\.delivered))"
                + "  retried \(count(\.retried))  dead \(count(\.dead))",
            "waiting \(waiting.isEstimate ? "~" : "")\(waiting.count)  oldest \(age)  under way \(reading.inFlight)  dead letters ~\(reading.dead)",
            "circuits \(circuits.isEmpty ? "-" : circuits)",
        ]
    }

    private func cells(_ destination: TopReading.Destination) -> [String] {
        let age = destination.oldestAt.map { reading.at - $0 }
        return [
            destination.tenant, destination.name, destination.state,
            destination.isMore ? ">\(destination.waiting)" : "\(destination.waiting)",
            age.map { $0 > .zero ? $0.short : "later" } ?? "", "\(destination.inFlight)", "\(destination.delivered)",
            "\(destination.failed)",
        ]
    }

    private func count(_ count: (TrafficMinute) -> Int64) -> String { reading.minute.map { "\(count($0))" } ?? "-" }

    /// With a digit after the point while it is small.
    private func rate(_ rate: Double?) -> String {
        guard let rate else { return "-" }
        let tenths = Int64((rate * 10).rounded())
        return tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : "\((tenths + 5) / 10)"
    }
}
