import Postgres
import Testing

/// Many statements at once, of which those with a number below 1 fail: each caller gets its own answer.
func divide(_ client: Client, by numbers: ClosedRange<Int64>) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for number in numbers {
            group.addTask {
                let error = try await postgresError {
                    let rows = try await client.query(
                        Statement("SELECT 60 / greatest($1, 0)"), Parameters(number))
                    #expect(try rows.first?.decode(0) == 60 / number)
                }
                #expect(error?.sqlState == (number > 0 ? nil : "22012"))
                #expect(error?.code == (number > 0 ? nil : .server))
            }
        }
        try await group.waitForAll()
    }
}
