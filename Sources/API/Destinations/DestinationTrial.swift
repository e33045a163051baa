import HTTPTypes
import JSON
import Model
package import Requests
import Synchronization
package import Tenants

/// Sends one request to a destination, past its circuit and its backlog, and tells what came of it.
package final class DestinationTrial: Sendable {
    /// Trials under way at the same time; they hold connections, and tenants share them.
    static let capacity = 16
    /// A trial is waited for.
    static let timeout = Duration.seconds(30)

    private let send: @Sendable (Destination, _ within: Duration) async -> Outcome
    private let running = Mutex(0)

    /// - Parameter send: makes one attempt, as a worker would.
    package init(_ send: @escaping @Sendable (Destination, _ within: Duration) async -> Outcome) { self.send = send }

    func answer(_ destination: Destination) async throws -> Answer {
        let hasRoom = running.withLock { running in
            guard running < Self.capacity else { return false }
            running += 1
            return true
        }
        guard hasRoom else {
            throw Problem(.overloaded, "Other destinations are being tried. Try again.").retry(after: 1)
        }
        defer { running.withLock { $0 -= 1 } }
        let outcome = await send(destination, Self.timeout)
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("delivered")
            writer.bool(outcome.verdict == .delivered)
            writer.member("class", outcome.attemptClass.rawValue)
            writer.name("status")
            if let status = outcome.status { writer.number(status) } else { writer.null() }
            writer.name("latency_ms")
            let (seconds, attoseconds) = outcome.latency.components
            writer.number(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
            writer.member("error", outcome.error)
        }
        return Answer(.ok, json: writer)
    }
}
