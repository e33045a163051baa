import ArgumentParser
import Circuits
import Foundation
import Logging
import Postgres
import Sink
import Tenants

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Tell the story of a destination that goes down and heals, in about half a minute.",
        discussion: "Starts a PostgreSQL server, a gateway and a destination of its own, and removes them.")

    @Option(help: "A directory with JSON payloads to post.")
    var payloads = "Tests/EndToEndTests/Fixtures/webhooks"

    func run() async throws {
        let settings = try Settings()
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "sluice-demo-\(ProcessInfo.processInfo.processIdentifier)")
        let server = try await LocalServer.start(directory: directory.path) { remark($0) }
        do {
            let isWhole = try await run(settings, try ConnectionSettings(server.connectionString))
            try await server.stop()
            try FileManager.default.removeItem(at: directory)
            guard isWhole else { throw ExitCode(ExitStatus.failed.rawValue) }
        } catch {
            try? await server.stop()
            try? FileManager.default.removeItem(at: directory)
            throw error
        }
    }

    private func run(_ settings: Settings, _ connection: ConnectionSettings) async throws -> Bool {
        var logger = settings.logger()
        // The story says what the log would.
        logger.logLevel = .error
        let secrets = try SecretBox(base64: SecretBox.newKey())
        _ = try await withMigrator(connection, logger: logger) { migrator, client in
            try await migrator.migrate(client)
        }
        let story = try await Story.start(payloads: try bodies())
        let statements = TenantStore.statements + CircuitStore.statements + HealthStore.statements
        return try await withClient(connection, name: "demo", statements: statements) { client in
            let (key, circuit) = try await story.configure(client, secrets: secrets)
            let gateway = Gateway(
                database: DatabaseConnections(connection), settings: settings.allowing(Sink.network).alone(),
                secrets: secrets, logger: logger)
            let (ports, port) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
            async let running: Void = gateway.run([.serve, .work], port: 0) { port.yield($0) }
            var isWhole = false
            for await port in ports {
                isWhole = try await story.tell(port: port, key: key, circuit: circuit, client: client)
                break
            }
            // As Ctrl-C would: the gateway stops in order.
            kill(getpid(), SIGTERM)
            try await running
            await story.stop()
            return isWhole
        }
    }

    private func bodies() throws -> [[UInt8]] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: payloads)) ?? []
        let bodies = names.filter { $0.hasSuffix(".json") }.sorted().compactMap {
            FileManager.default.contents(atPath: payloads + "/" + $0).map { [UInt8]($0) }
        }
        guard !bodies.isEmpty else {
            throw ValidationError("\(payloads) has no JSON files; name a directory that has with --payloads")
        }
        return bodies
    }
}
