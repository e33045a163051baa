import Model
import Postgres
import Requests
import SQL
import Tenants
import TestSupport
import Testing

/// Its own server, which can be reached by TCP, stopped and started.
@Suite(.serialized) struct CommitInDoubtTests {
    @Test func isSettledByRepeating() async throws {
        try await withStore { store, proxy, _, site, destination in
            #expect(try await store.store(NewRequest(to: destination), within: .seconds(10)) == .stored)

            let key = Idempotency(key: [1], fingerprint: [1])
            for (index, idempotency) in [nil, key].enumerated() {
                proxy.cutAfterNextCommit()
                let request = NewRequest(to: destination, idempotency: idempotency)
                #expect(try await store.store(request, within: .seconds(10)) == .stored)
                #expect(proxy.cuts == index + 1)
                #expect(try await site.client.count("sluice.request", where: "request_id = '\(request.id)'") == 1)
                #expect(try await site.client.count("sluice.ready", where: "request_id = '\(request.id)'") == 1)
            }
            try await eventually { try await site.client.isArmed(destination.lane) }
        }
    }

    /// Many at a time, the answer of one batch lost: each is there once.
    @Test func holdsForBatches() async throws {
        try await withStore { store, proxy, _, site, destination in
            #expect(try await store.store(NewRequest(to: destination), within: .seconds(10)) == .stored)
            proxy.cutAfterNextCommit()
            try await withThrowingTaskGroup(of: StoreOutcome.self) { group in
                for _ in 0..<200 {
                    group.addTask { try await store.store(NewRequest(to: destination), within: .seconds(10)) }
                }
                for try await outcome in group { #expect(outcome == .stored) }
            }
            #expect(proxy.cuts == 1)
            #expect(try await site.client.count("sluice.request") == 201)
            #expect(try await site.client.backlog(destination.lane) == 201)
        }
    }

    @Test func callersWaitWhileTheDatabaseIsAway() async throws {
        try await withStore { store, _, server, site, destination in
            #expect(try await store.store(NewRequest(to: destination), within: .seconds(10)) == .stored)
            try await server.stop(mode: .immediate)
            async let waiting = withThrowingTaskGroup(of: StoreOutcome.self) { group in
                for _ in 0..<50 {
                    group.addTask { try await store.store(NewRequest(to: destination), within: .seconds(30)) }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            await #expect(throws: PostgresError.self) {
                try await store.store(NewRequest(to: destination), within: .milliseconds(700))
            }
            try await server.start()
            #expect(try await waiting == [.stored])
            // The one whose deadline passed may be stored or not, but none twice.
            let stored = try await site.client.count("sluice.request")
            #expect(stored == 51 || stored == 52)
            #expect(try await site.client.backlog(destination.lane) == stored)
        }
    }

    @Test func whatWaitsIsBounded() async throws {
        var limits = StoreLimits()
        limits.batchItems = 1
        limits.waitingItems = 10
        try await withStore(limits: limits) { store, _, server, _, destination in
            try await server.stop(mode: .immediate)
            let codes = await withTaskGroup(of: PostgresError.Code?.self) { group in
                for _ in 0..<30 {
                    group.addTask {
                        do {
                            _ = try await store.store(NewRequest(to: destination), within: .seconds(1))
                            return nil
                        } catch {
                            return (error as? PostgresError)?.code
                        }
                    }
                }
                return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            // Ten wait; of the two committers each may have taken one.
            #expect(18...20 ~= codes[.overloaded, default: 0])
            #expect(codes[nil] == nil)
            let late = [.unavailable, .connectionLost, .connectFailed].reduce(0) { $0 + codes[$1, default: 0] }
            #expect(late == 30 - codes[.overloaded, default: 0])
        }
    }

    private func withStore(
        limits: StoreLimits = StoreLimits(),
        _ body: @Sendable (RequestStore, CuttingProxy, LocalServer, Site, Destination) async throws -> Void
    ) async throws {
        let port = try freePort()
        try await withServer(port: port) { server in
            let proxy = try CuttingProxy(to: port)
            defer { proxy.stop() }
            try await withClients(of: server.connectionString) { direct in
                _ = try await Migrator(SQL.migrations, finish: SQL.access, logger: quiet).migrate(direct.client())
                let site = try Site(direct)
                let destination = try await site.destination()
                let throughProxy = "host=127.0.0.1 port=\(proxy.port) user=sluice dbname=sluice"
                try await withClients(of: throughProxy) { indirect in
                    let arm = ArmLoop(direct.client(statements: ArmLoop.statements), logger: quiet)
                    let store = RequestStore(
                        indirect.client(statements: RequestStore.statements, connections: 2), keyWindow: .seconds(3600),
                        arm: arm, traffic: Traffic(), limits: limits)
                    try await withThrowingTaskGroup { group in
                        group.addTask { try await store.run() }
                        group.addTask { try await arm.run() }
                        try await body(store, proxy, server, site, destination)
                        group.cancelAll()
                    }
                }
            }
        }
    }
}
