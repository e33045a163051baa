import Postgres
import UnixSignals

/// Looks, shows, waits: until it is told to end.
struct TopLoop {
    /// How often the keyboard and the size of the terminal are looked at: a key is answered before a person notices a delay,
    /// which is after a tenth of a second.
    private static let tick = Duration.milliseconds(50)

    let client: Client
    let interval: Duration

    /// A frame a look, one after the other, until the process is ended.
    func print(_ show: (TopFrame) -> Void) async throws {
        var last: TopReading?
        while true {
            let reading = try await TopReading.read(client)
            show(TopFrame(reading: reading, rates: last.flatMap { TopRates(from: $0, to: reading) }))
            last = reading
            try await Task.sleep(for: interval)
        }
    }

    /// One frame, with rates of the interval before it.
    func once() async throws -> TopFrame {
        let first = try await TopReading.read(client)
        try await Task.sleep(for: interval)
        let second = try await TopReading.read(client)
        return TopFrame(reading: second, rates: TopRates(from: first, to: second))
    }

    /// Until `q`, SIGINT, SIGTERM or SIGHUP.
    func run(on screen: Screen, order: TopView.Order) async throws {
        let stop = StopFlag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup) { return stop.raise() }
            }
            defer { group.cancelAll() }
            var frame: TopFrame?
            var (shown, lookedAt) = ([String](), ContinuousClock.Instant?.none)
            var view = TopView(order: order)
            while !stop.isRaised, !view.isOver {
                if lookedAt.map({ .now - $0 >= interval }) ?? true {
                    let reading = try await TopReading.read(client)
                    frame = TopFrame(
                        reading: reading, rates: frame.flatMap { TopRates(from: $0.reading, to: reading) })
                    lookedAt = .now
                }
                for key in TopView.keys(screen.typed()) { view.press(key) }
                view.keepWithin(rows: frame?.reading.destinations.count ?? 0)
                frame?.view = view
                let lines = frame?.lines(in: Terminal.size) ?? []
                if lines != shown { screen.show(lines) }
                shown = lines
                try await Task.sleep(for: Self.tick)
            }
        }
    }
}
