import Postgres
import TestSupport
import Testing

@testable import API

@Suite struct DatabaseAwayTests {
    @Test func callersWaitThenSucceed() async throws {
        try await withDatabase { database in
            try await withGateway(on: database) { gateway in
                #expect(try await gateway.send().status == 202)
                let answers = try await database.whileAway { () async throws -> [Task<Answer, any Error>] in
                    let waiting = (0..<20).map { _ in Task { try await gateway.send() } }
                    // Something waits: it has come in, and is not answered.
                    #expect(try await gateway.send("GET", "/livez").status == 200)
                    return waiting
                }
                for answer in answers { #expect(try await answer.value.status == 202) }
                #expect(try await gateway.count() == 21)
            }
        }
    }

    @Test func pastTheDeadlineTheyAreToldToComeBack() async throws {
        try await withDatabase { database in
            try await withGateway(on: database, .with { $0.storeDeadline = .milliseconds(300) }) { gateway in
                #expect(try await gateway.send().status == 202)
                try await database.whileAway {
                    let answer = try await gateway.send()
                    #expect(answer.status == 503)
                    #expect(["storage-unavailable", "outcome-unknown"].contains(answer.problem))
                    #expect(answer["retry-after"].flatMap { Int($0) }.map { (1...5).contains($0) } == true)
                    let line = #"{"destination":"hook","body":1}"#
                    let batch = try await gateway.post("application/json", "[\(line),\(line),1]")
                    #expect(batch.results.map { $0["status"] as? Int } == [503, 503, 422])
                    #expect(try await gateway.send("GET", "/livez").status == 200)
                }
                try await eventually { try await gateway.send().status == 202 }
            }
        }
    }
}

extension TestDatabase {
    /// Ends all connections and lets none in until the body is through.
    func whileAway<T>(_ body: () async throws -> T) async throws -> T {
        let name = try #require(settings["dbname"])
        let client = Client(Client.Configuration(settings.with("dbname", "postgres"), name: "operator"), on: loop)
        _ = try await client.execute(Statement("ALTER DATABASE \(name) ALLOW_CONNECTIONS false"))
        _ = try await client.execute(
            Statement("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)'"))
        let value = try await body()
        _ = try await client.execute(Statement("ALTER DATABASE \(name) ALLOW_CONNECTIONS true"))
        await client.close()
        return value
    }
}
