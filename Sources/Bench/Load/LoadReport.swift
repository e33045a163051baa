/// What a load measured, without its warm-up.
package struct LoadReport: Sendable {
    /// Answered, whatever the status.
    package var requests = 0
    /// From the end of the warm-up to the last answer, or to the last request where that was later.
    package var seconds = 0.0
    package var statuses: [Int: Int] = [:]
    package var errors = Errors()
    package var latency = Histogram()

    package struct Errors: Sendable, Equatable {
        /// Connections that were refused or timed out, warm-up included.
        package var connect = 0
        /// Connections opened anew after the server closed one, warm-up included. Not an error by itself.
        package var reconnects = 0
        /// Requests whose connection closed before the answer.
        package var lost = 0
        /// Requests that were due and had no answer when patience ended.
        package var unanswered = 0
        /// Connections given up because what came was not HTTP, warm-up included; their requests count as lost.
        package var malformed = 0

        package init() {}
    }

    package init() {}

    mutating func record(status: Int, microseconds: Int) {
        requests += 1
        statuses[status, default: 0] += 1
        latency.record(microseconds: microseconds)
    }

    package var rate: Double { seconds > 0 ? Double(requests) / seconds : 0 }

    /// Answers with a status of 2xx.
    package var successes: Int { statuses.reduce(0) { $0 + ($1.key / 100 == 2 ? $1.value : 0) } }
}
