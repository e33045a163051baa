import API
import Model
import TestSupport
import Testing

@testable import Dashboard

@Suite struct LiveTests {
    @Test func onlyWhatHasChangedIsSent() throws {
        let seat = try #require(LiveStreams().take(of: nil))
        let stream = LiveStream(seat: seat, isGood: { true }, regions: { [] }, logger: quiet)
        let now = ContinuousClock.now
        #expect(stream.changes([], now: now) == ": beat\n\n")
        let (a, b) = (Region(id: "a", text: "<b>\n\"1\"</b>"), Region(id: "b", text: "2"))
        #expect(
            stream.changes([a, b], now: now) == "event: regions\ndata: {\"a\":\"<b>\\n\\\"1\\\"</b>\",\"b\":\"2\"}\n\n")
        #expect(stream.changes([a, b], now: now) == nil)
        #expect(stream.changes([a, Region(id: "b", text: "3")], now: now) == "event: regions\ndata: {\"b\":\"3\"}\n\n")
        #expect(stream.changes([a], now: now + LiveStream.heartbeat) == ": beat\n\n")
    }

    @Test func aSessionThatEndsEndsItsStream() async throws {
        let seat = try #require(LiveStreams().take(of: nil))
        let stream = LiveStream(seat: seat, isGood: { false }, regions: { [] }, logger: quiet)
        #expect(try await stream.next() == "event: ended\ndata: the session\n\n")
        #expect(try await stream.next() == nil)
    }

    @Test func aPageWithoutLivePartsIsLookedAtOnce() async throws {
        let (seat, looks) = (try #require(LiveStreams().take(of: nil)), Shared(0))
        let stream = LiveStream(
            seat: seat, isGood: { true },
            regions: {
                looks.update { $0 += 1 }
                return []
            }, logger: quiet)
        #expect(try await stream.next() == "event: ended\ndata: the page\n\n")
        #expect(try await stream.next() == nil)
        #expect(looks.value == 1)
    }

    @Test(
        arguments: [
            (.unknownDestination, "event: ended\ndata: the page\n\n"), (.notFound, "event: ended\ndata: the page\n\n"),
            (.storageUnavailable, ": beat\n\n"),
        ] as [(ProblemKind, String)])
    func aPageThatIsGoneEndsItsStream(_ kind: ProblemKind, _ event: String) async throws {
        let seat = try #require(LiveStreams().take(of: nil))
        let stream = LiveStream(
            seat: seat, isGood: { true }, regions: { throw Problem(kind, "There is none.") }, logger: quiet)
        #expect(try await stream.next() == event)
    }

    @Test func seatsAreBoundedAndGivenBack() throws {
        let (streams, tenant) = (LiveStreams(), TenantID.new())
        var seats = (0..<LiveStreams.tenantLimit).compactMap { _ in streams.take(of: tenant) }
        #expect(seats.count == LiveStreams.tenantLimit)
        #expect(streams.take(of: tenant) == nil)
        seats.removeLast()
        #expect(streams.take(of: tenant) != nil)
        let others = (0..<1_000).compactMap { _ in streams.take(of: nil) }
        #expect(others.count + seats.count == LiveStreams.limit)
        streams.end()
        for seat in seats { #expect(seat.hasEnded) }
    }

    @Test func streamsOfAPageLookOnce() async throws {
        let (samples, looks) = (LiveSamples(), Shared(0))
        let read: @Sendable () async throws -> [Region] = {
            looks.update { $0 += 1 }
            return [Region(id: "a", text: "\(looks.value)")]
        }
        let (key, now) = (LiveSamples.Key(isOperator: false, tenant: nil, target: "/"), ContinuousClock.now)
        let first = try await samples.regions(key, now: now, read)
        #expect(try await samples.regions(key, now: now + .seconds(1), read) == first)
        #expect(looks.value == 1)
        _ = try await samples.regions(key, now: now + .seconds(2), read)
        _ = try await samples.regions(.init(isOperator: true, tenant: nil, target: "/"), now: now + .seconds(2), read)
        #expect(looks.value == 3)
    }
}
