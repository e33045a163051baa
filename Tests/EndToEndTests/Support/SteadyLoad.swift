import Foundation
import NIOCore
import Synchronization

/// Posts small bodies, each with an id of its own, in a closed loop over some connections. Who is refused or cut off
/// goes on with the next id, so that only the gateway can make a duplicate.
final class SteadyLoad: Sendable {
    private struct State {
        var accepted: Set<String> = []
        var refused = 0
        var isStopped = false
    }

    private let caller: Caller
    private let patience: TimeAmount
    private let state = Mutex(State())

    /// - Parameter patience: how long a caller waits for an answer.
    init(_ caller: Caller, patience: TimeAmount = .seconds(15)) {
        self.caller = caller
        self.patience = patience
    }

    /// Ids that were answered 202.
    var accepted: Set<String> { state.withLock { $0.accepted } }
    var refused: Int { state.withLock { $0.refused } }

    /// Until it is stopped or cancelled.
    func run(connections: Int = 8, pause: Duration = .milliseconds(10)) async {
        await withDiscardingTaskGroup { group in
            for _ in 0..<connections {
                group.addTask {
                    while !self.isOver {
                        await self.post()
                        try? await Task.sleep(for: pause)
                    }
                }
            }
        }
    }

    func stop() { state.withLock { $0.isStopped = true } }

    private var isOver: Bool { Task.isCancelled || state.withLock { $0.isStopped } }

    private func post() async {
        let id = UUID().uuidString
        let answer = try? await caller.post("/in/sink/load", Array(id.utf8), within: patience)
        state.withLock { if answer?.status == 202 { $0.accepted.insert(id) } else { $0.refused += 1 } }
    }
}
