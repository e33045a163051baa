import Sink
import TestSupport

/// A destination that counts how often each body came.
struct Arrivals: Sendable {
    let sink: Sink
    private let counts: Shared<[String: Int]>
    private let reply: Shared<Reply>

    var bodies: Set<String> { Set(counts.value.keys) }
    var duplicates: Int { counts.value.values.reduce(0) { $0 + $1 - 1 } }

    /// From now on.
    func answer(_ reply: Reply) { self.reply.update { $0 = reply } }

    func atLeast(_ count: Int) async throws { try await eventually { sink.requests >= count } }

    func all(_ wanted: Set<String>, within limit: Duration = .seconds(30)) async throws {
        do {
            try await eventually(within: limit) { wanted.isSubset(of: bodies) }
        } catch {
            let missing = wanted.subtracting(bodies)
            throw NeverHappened("\(missing.count) of \(wanted.count) did not arrive, such as \(missing.prefix(3))")
        }
    }

    static func with<T>(_ reply: Reply = .ok, _ body: (Arrivals) async throws -> T) async throws -> T {
        let counts = Shared<[String: Int]>([:])
        let reply = Shared(reply)
        let sink = try await Sink.start { received in
            counts.update { $0[String(decoding: received.body, as: UTF8.self), default: 0] += 1 }
            return reply.value
        }
        do {
            let value = try await body(Arrivals(sink: sink, counts: counts, reply: reply))
            await sink.stop()
            return value
        } catch {
            await sink.stop()
            throw error
        }
    }
}
