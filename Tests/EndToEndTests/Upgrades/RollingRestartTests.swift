import Glibc
import Sink
import TestSupport
import Testing

/// Every process is replaced under load, one after the other, behind a proxy.
@Suite(.enabled(if: Proxy.program != nil, "scripts/install.sh was not run, which installs HAProxy"))
struct RollingRestartTests {
    /// Ten checks of the proxy's.
    private static let drain = ["SLUICE_SERVE_DRAIN": "2"]

    @Test(.timeLimit(.minutes(5))) func noRequestFailsAndNoneIsLost() async throws {
        try await Arrivals.with(Reply(delay: .milliseconds(20))) { arrivals in
            try await withDatabase { database in
                try await withProcesses { processes in
                    let installation = try await Installation(
                        processes, database: database.connectionString, destination: arrivals.sink.url)
                    try await restart(installation, processes, arrivals)
                }
            }
        }
    }

    private func restart(_ installation: Installation, _ processes: Processes, _ arrivals: Arrivals) async throws {
        let ports = [try freePort(), try freePort()]
        var servers = [GatewayProcess]()
        for port in ports { servers.append(try await serve(installation, port)) }
        var workers = [try installation.work(), try installation.work()]
        let proxy = try await Proxy.start(processes, before: ports)
        let load = SteadyLoad(Caller(url: proxy.url, key: installation.key))
        async let loading: Void = load.run(pause: .milliseconds(5))
        defer { load.stop() }
        try await grow(load)

        for index in ports.indices {
            #expect(try await servers[index].terminate() == 0, "\(servers[index].errors)")
            servers[index] = try await serve(installation, ports[index])
            // Until the proxy takes it in, the other one bears all.
            let direct = Caller(url: "http://127.0.0.1:\(ports[index])", key: installation.key)
            try await eventually { try await direct.status(of: "/readyz") == 200 }
            try await grow(load)

            #expect(try await workers[index].terminate(within: .seconds(30)) == 0, "\(workers[index].errors)")
            workers[index] = try installation.work()
            try await grow(load)
        }
        load.stop()
        await loading

        #expect(load.refused == 0)
        try await arrivals.all(load.accepted)
        #expect(arrivals.duplicates == 0)
        #expect((servers + workers).allSatisfy { $0.status == nil })
        print("rolling restart: \(load.accepted.count) accepted, \(load.refused) refused, ", terminator: "")
        print("\(arrivals.bodies.count) arrived, \(arrivals.duplicates) duplicates")
    }

    private func serve(_ installation: Installation, _ port: UInt16) async throws -> GatewayProcess {
        try await installation.serve(Self.drain.merging(["SLUICE_PORT": "\(port)"]) { $1 }).process
    }

    /// Both processes have had their part of so many.
    private func grow(_ load: SteadyLoad) async throws {
        let count = load.accepted.count
        try await eventually { load.accepted.count >= count + 200 }
    }
}
