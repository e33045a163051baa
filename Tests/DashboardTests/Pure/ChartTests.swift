import Postgres
import Testing

@testable import Dashboard
@testable import Requests

@Suite struct ChartTests {
    private static let now = Timestamp(microseconds: 1_800_000_000_000_000)

    private static func ago(_ seconds: Int64) -> Timestamp {
        Timestamp(microseconds: now.microseconds - seconds * 1_000_000)
    }

    @Test(
        arguments: [(0, 2), (2, 2), (3, 4), (5, 10), (11, 20), (399, 400), (401, 1_000), (1_000_001, 2_000_000)]
            as [(Int64, Int64)])
    func scalesAreRoundAndHoldWhatIsThere(_ most: Int64, _ top: Int64) { #expect(TrafficChart.scale(most) == top) }

    @Test func trafficIsToldInWordsAndFigures() {
        let minutes = [
            TrafficMinute(minute: Self.ago(60), accepted: 3, delivered: 2, retried: 1, dead: 1, other: 0),
            TrafficMinute(minute: Self.now, accepted: 4, delivered: 4, retried: 0, dead: 0, other: 0),
        ]
        let text = TrafficChart(minutes: minutes).markup.text
        #expect(text.contains("In the last 2 minutes: 7 accepted, 6 delivered, 2 failed attempts."))
        #expect(text.contains("role=\"img\"") && text.contains("<table>") && !text.contains("style="))
        #expect(TrafficChart(minutes: []).markup.text.contains("No minute"))
    }

    @Test func aCircuitsDayIsCutIntoItsStates() {
        let strip = CircuitStrip(
            [
                (at: Self.ago(60), from: "half_open", to: "closed", mode: "auto"),
                (at: Self.ago(120), from: "open", to: "half_open", mode: "auto"),
                (at: Self.ago(3_600), from: "closed", to: "open", mode: "auto"),
                (at: Self.ago(100_000), from: "open", to: "closed", mode: "auto"),
            ], now: Self.now, current: ("closed", "auto"))
        #expect(strip.segments.map(\.state) == ["closed", "open", "half_open", "closed"])
        #expect(strip.segments.first?.from == Self.ago(86_400))
        #expect(zip(strip.segments, strip.segments.dropFirst()).allSatisfy { $0.to == $1.from })
        #expect(strip.segments.last?.to == Self.now)
        #expect(strip.summary.hasPrefix("Latest first: closed from "))
    }

    @Test func aCircuitWithoutHistoryIsWhatItIs() {
        let strip = CircuitStrip([], now: Self.now, current: ("open", "forced_open"))
        #expect(strip.segments.map(\.words) == ["open (forced open)"])
    }
}
