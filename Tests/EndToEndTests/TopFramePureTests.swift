import Postgres
import Testing

@testable import sluice

/// What `sluice top` shows, without a terminal.
struct TopFramePureTests {
    private static let at = Timestamp(microseconds: 1_000_000_000_000)

    private static func reading(_ destinations: [TopReading.Destination], accepted: Int64 = 0) -> TopReading {
        TopReading(
            at: at, database: "gate", processes: 3, leader: "01a22864-1ea1-70c6-8632-3979dafeac0f",
            estimatedWaiting: 5_000, dead: 4, inFlight: 12,
            counts: .init(accepted: accepted, attempts: 2 * accepted, dead: 0),
            circuits: [(state: "closed", count: 8), (state: "open", count: 1)], destinations: destinations)
    }

    private static let busy = reading([
        .init(tenant: "b", name: "two", state: "closed", waiting: 10, oldestAt: at + .seconds(-5), failed: 1),
        .init(tenant: "a", name: "one", state: "open", waiting: 1_000, isMore: true, oldestAt: at + .seconds(-3_700)),
        .init(tenant: "c", name: "three", state: "half_open", failed: 9),
    ])

    @Test func aProgramGetsAllOfIt() {
        let lines = TopFrame(reading: Self.busy, rates: nil).lines()
        #expect(lines[0].hasPrefix("sluice top  1970-01-12T13:46:40Z  gate  processes 3  leader 01a22864"))
        #expect(lines[1] == "accepted/s -  attempts/s -  dead/s -")
        #expect(lines.contains("waiting ~5000  oldest 1h01m  under way 12  dead letters ~4"), "\(lines)")
        #expect(lines.contains("circuits 8 closed, 1 open"))
        #expect(lines.suffix(3).map { $0.split(separator: " ").first } == ["a", "b", "c"])
        #expect(lines.suffix(3).first?.contains(">1000   1h01m") == true, "\(lines)")
    }

    @Test(arguments: [
        (TopView.Order.backlog, "abc"), (.oldest, "abc"), (.failures, "cba"), (.tenant, "abc"),
    ])
    func isSorted(_ order: TopView.Order, _ tenants: String) {
        #expect(Self.busy.destinations(by: order).map(\.tenant).joined() == tenants)
    }

    @Test(arguments: [(80, 24), (40, 12), (20, 8), (10, 3), (1, 1)])
    func fitsTheTerminal(_ columns: Int, _ rows: Int) {
        let many = Self.reading((0..<100).map { .init(tenant: "t\($0)", name: "d", state: "closed", waiting: 1) })
        let lines = TopFrame(reading: many, rates: nil).lines(in: .init(columns: columns, rows: rows))
        #expect(lines.count == rows)
        #expect(lines.allSatisfy { $0.count <= columns })
    }

    @Test func keysSortScrollAndEnd() {
        var view = TopView()
        for key in TopView.keys(Array("jj\u{1b}[B\u{1b}OAx".utf8)) { view.press(key) }
        #expect(view.offset == 2 && view.order == .backlog)
        view.keepWithin(rows: 2)
        #expect(view.offset == 1)
        view.press(.character("f"))
        #expect(view.order == .failures && view.offset == 0)
        view.press(.up)
        #expect(view.offset == 0 && !view.isOver)
        view.press(.character("q"))
        #expect(view.isOver)
    }

    @Test func ratesAreOfTheTimeBetween() throws {
        var later = Self.reading([], accepted: 1_100)
        later.at = Self.at + .seconds(2)
        let rates = try #require(TopRates(from: Self.reading([], accepted: 1_000), to: later))
        #expect(rates.accepted == 50 && rates.attempts == 100 && rates.dead == 0)
        let lines = TopFrame(reading: later, rates: rates).lines()
        #expect(lines[1] == "accepted/s 50  attempts/s 100  dead/s 0.0")
        // The statistics were reset, or no time has passed.
        #expect(TopRates(from: later, to: Self.reading([])) == nil)
        #expect(TopRates(from: later, to: later) == nil)
    }

    @Test func asJSONItHasTheSame() {
        let json = TopFrame(reading: Self.busy, rates: nil).json
        #expect(json.contains(#""accepted_per_second":null"#) && json.contains(#""circuits":{"closed":8,"open":1}"#))
        #expect(json.contains(#""waiting":1000,"waiting_is_more":true"#), "\(json)")
    }
}
