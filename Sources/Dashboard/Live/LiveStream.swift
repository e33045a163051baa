import API
import HTTPTypes
import JSON
import Logging
import Synchronization

/// The stream of one live page: sends regions that have changed since it last sent them.
final class LiveStream: Sendable {
    /// A page is looked at so often, and sent no more often: who watches bears figures as old, and each look costs the database
    /// some milliseconds.
    static let interval = Duration.seconds(2)
    /// A page that was left is noticed by what can't be sent to it. Short, for who goes from page to page leaves one each time.
    static let heartbeat = Duration.seconds(4)

    private struct State {
        var sent: [String: String] = [:]
        var hasBegun = false
        var hasEnded = false
        var at = ContinuousClock.now
    }

    private let seat: LiveStreams.Seat
    private let isGood: @Sendable () -> Bool
    private let regions: @Sendable () async throws -> [Region]
    private let logger: Logger
    private let state = Mutex(State())

    init(
        seat: LiveStreams.Seat, isGood: @escaping @Sendable () -> Bool,
        regions: @escaping @Sendable () async throws -> [Region], logger: Logger
    ) {
        (self.seat, self.isGood, self.regions, self.logger) = (seat, isGood, regions, logger)
    }

    /// The next event, when there is one; nil: the stream has ended.
    func next() async throws -> String? {
        while !state.withLock({ $0.hasEnded }) {
            if state.withLock({ $0.hasBegun }) { try await Task.sleep(for: Self.interval) }
            if seat.hasEnded { return nil }
            guard isGood() else { return finish("event: ended\ndata: the session\n\n") }
            do {
                let regions = try await regions()
                guard !regions.isEmpty else { return finish("event: ended\ndata: the page\n\n") }
                if let event = changes(regions, now: .now) { return event }
            } catch let problem as Problem where problem.kind.status.kind == .clientError {
                return finish("event: ended\ndata: the page\n\n")
            } catch {
                // The page goes on with what it has; the database may be away for a moment.
                logger.debug("a live page was not read", metadata: ["error": "\(error)"])
                if let event = changes([], now: .now) { return event }
            }
        }
        return nil
    }

    private func finish(_ event: String) -> String {
        state.withLock { $0.hasEnded = true }
        return event
    }

    /// nil where nothing is to be said.
    func changes(_ regions: [Region], now: ContinuousClock.Instant) -> String? {
        state.withLock { state in
            let changed = regions.filter { state.sent[$0.id] != $0.text }
            for region in changed { state.sent[region.id] = region.text }
            defer { state.hasBegun = true }
            guard !changed.isEmpty || now - state.at >= Self.heartbeat || !state.hasBegun else { return nil }
            state.at = now
            return changed.isEmpty ? ": beat\n\n" : Self.event(changed)
        }
    }

    /// Server-sent events; https://html.spec.whatwg.org/multipage/server-sent-events.html. JSON has no line breaks.
    private static func event(_ regions: [Region]) -> String {
        let data = JSONWriter.text { writer in
            writer.object { writer in
                for region in regions {
                    writer.name(region.id)
                    writer.string(region.text)
                }
            }
        }
        return "event: regions\ndata: \(data)\n\n"
    }
}
