import Circuits
import Model
import Postgres
import ServiceLifecycle
import Sink
import TestSupport
import Testing

@testable import Worker

/// The loop against a database and a sink.
struct HealthLoopTests {
    @Test func tellsOfFallAndRise() async throws {
        try await withSwitchedSink { sink, isUp in
            try await withHealthLoops { site in
                let check = try await site.put(sink.url + "/up")
                try await eventually { site.history(check) == [true] }
                isUp.update { $0 = false }
                try await eventually { site.history(check) == [true, false] }
                let down = try #require(try await site.list().first)
                #expect(down.check.health == .down && down.check.failRun >= 3)
                #expect(down.lastError == "answered 503")
                isUp.update { $0 = true }
                try await eventually { site.history(check) == [true, false, true] }
                try await eventually { try await site.list().first?.told == .up }
                let change = try #require(site.changes.value.last)
                #expect(change.check == check.id && change.destination == check.destination)
                #expect(change.tenant == check.tenant && change.shard == check.shard && change.policy == .direct)
            }
        }
    }

    @Test func processesShareTheChecks() async throws {
        try await withSwitchedSink { sink, isUp in
            try await withHealthLoops(4) { site in
                var checks: [HealthCheckDefinition] = []
                for number in 0..<6 { checks.append(try await site.put(sink.url + "/\(number)")) }
                for history in [[true], [true, false], [true, false, true]] {
                    isUp.update { $0 = history.last == true }
                    try await eventually { checks.allSatisfy { site.history($0) == history } }
                }
                try await eventually { try await site.list().allSatisfy { $0.told == .up } }
            }
        }
    }

    @Test func aChangeThatWasNotHeardIsToldAgain() async throws {
        struct Deaf: Error {}
        let calls = Shared(0)
        try await withSink { sink, _ in
            try await withHealthLoops(onChange: { _ in
                calls.update { $0 += 1 }
                if calls.value < 3 { throw Deaf() }
            }) { site in
                try await site.put(sink.url)
                try await eventually { try await site.list().first?.told == .up }
                #expect(calls.value == 3)
            }
        }
    }

    /// By the checks' own cadence nothing would be due again while this test runs.
    @Test func aRecentSuccessOfRealTrafficSparesTheCheck() async throws {
        let lastSuccess = Shared<Timestamp?>(nil)
        try await withSink { sink, received in
            try await withHealthLoops(traffic: { _, _ in (lastSuccess.value, lastSuccess.value) }) { site in
                let check = try await site.put(sink.url, interval: 3_600)
                try await eventually { try await site.list().first?.told == .up }
                try await site.makeDue(check.id)
                try await eventually { received.value.count == 2 }

                let now = try await site.now()
                try await eventually { try await site.list().first.map { $0.check.nextAt > now } == true }
                lastSuccess.update { $0 = now }
                try await site.makeDue(check.id)
                try await eventually {
                    try await site.list().first.map { $0.check.nextAt >= now + .seconds(3_600) } == true
                }
                #expect(received.value.count == 2)
            }
        }
    }

    @Test func aShutdownGivesLeasesBack() async throws {
        try await withSink(.hang) { sink, received in
            try await withDatabase { database in
                let site = try await HealthLoops(database)
                try await site.run {
                    try await site.put(sink.url)
                    try await eventually { received.value.count == 1 }
                    #expect(try await site.leases() == 1)
                }
                #expect(try await site.leases() == 0)
                let record = try #require(try await site.list().first)
                #expect(record.check.health == .unknown && record.check.failRun == 0 && record.lastAt == nil)
                // Due: another process runs it at once.
                #expect(try await record.check.nextAt <= site.now())
            }
        }
    }

    @Test func noMoreAreUnderWayThanAllowed() async throws {
        try await withSink(.hang) { sink, received in
            try await withHealthLoops(concurrency: 2) { site in
                for number in 0..<4 { try await site.put(sink.url + "/\(number)", timeout: .milliseconds(400)) }
                var highest: Int64 = 0
                try await eventually {
                    highest = max(highest, try await site.leases())
                    return received.value.count >= 6
                }
                #expect(1...2 ~= highest)
            }
        }
    }
}

/// A sink that answers 200 or 503.
private func withSwitchedSink(_ body: (Sink, Shared<Bool>) async throws -> Void) async throws {
    let isUp = Shared(true)
    let sink = try await Sink.start { _ in isUp.value ? .ok : .status(503) }
    do {
        try await body(sink, isUp)
        await sink.stop()
    } catch {
        await sink.stop()
        throw error
    }
}
