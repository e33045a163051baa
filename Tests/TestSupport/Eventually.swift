/// A condition that did not come true in time.
package struct NeverHappened: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Polls until the condition holds; throws `NeverHappened` when it does not within the limit.
package func eventually(
    within limit: Duration = .seconds(20), file: StaticString = #fileID, line: Int = #line,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard .now < deadline else {
            throw NeverHappened("The condition at \(file):\(line) did not hold within \(limit)")
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}
