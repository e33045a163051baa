import Foundation
import Model
import Postgres
import Sink
import Tenants
import Worker

/// What a newcomer plays with: a tenant, a key, and a destination that prints what it gets.
struct Demo {
    private static let tenant = "demo"
    private static let destination = "sink"

    private let sink: Sink
    /// Of the destination's signatures; new at each start, as the sink is.
    private let secret = (0..<32).map { _ in UInt8.random(in: 0...255) }

    static func start() async throws -> Demo {
        Demo(
            sink: try await Sink.start { received in
                FileHandle.standardOutput.write(Data((received.line + "\n").utf8))
                return .ok
            })
    }

    func stop() async { await sink.stop() }

    /// Makes what is missing, and returns the tenant's key: the kept one where it still is the database's.
    func configure(_ store: TenantStore, keptKey: APIKey?) async throws -> APIKey {
        let tenant = try await store.createTenant(named: Self.tenant)
        var settings = DestinationSettings(name: Self.destination, baseURL: sink.url)
        settings.signingKeys = [SigningKey(secret: secret)]
        settings.retry.backoff = Backoff(base: .milliseconds(500), cap: .seconds(60))
        try await store.putDestination(settings, tenant: tenant.id, shard: tenant.shard)
        let snapshot = try await store.snapshot()
        if let keptKey, snapshot.caller(keptKey.hash, now: Timestamp(microseconds: 0))?.tenant.id == tenant.id {
            return keptKey
        }
        let key = APIKey.new()
        try await store.createKey(key, label: "demo", tenant: tenant.id, shard: tenant.shard)
        return key
    }

    /// - Parameter secretsKeyFile: nil where the environment has the key already.
    func explain(port: Int, key: APIKey, connection: ConnectionSettings, secretsKeyFile: String?) {
        let url = "http://127.0.0.1:\(port)"
        let psql = ["host", "port", "user", "dbname"].compactMap { word in
            connection[word].map { "\(word)=\($0)" }
        }.joined(separator: " ")
        let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
        // Passwords are not printed: who gave one has it.
        let database = connection["password"] == nil ? "SLUICE_DATABASE_URL='\(psql)' " : ""
        let secrets = secretsKeyFile.map { "SLUICE_SECRETS_KEY_FILE='\($0)' " } ?? ""
        FileHandle.standardOutput.write(
            Data(
                """

                Sluice is up at \(url). Paste these into another terminal:

                  # for the commands of sluice, such as: sluice circuit show \(Self.tenant)
                  export KEY=\(key.text) \(database)\(secrets)PATH="\(folder):$PATH"

                  # stored, answered with 202, then delivered to the sink, which prints below what it gets
                  curl -i \(url)/in/\(Self.destination)/hello?from=me -H 'Sluice-Key: \(key.text)' -d 'Hello, Sluice'

                  # the same as an envelope, due in 10 seconds
                  curl -i \(url)/v1/requests -H 'Authorization: Bearer \(key.text)' -H 'Content-Type: application/json' \\
                    -d '{"destination": "\(Self.destination)", "path": "/later", "body": {"n": 1}, "deliver_at": "'$(date -u -d '+10 seconds' +%FT%TZ)'"}'

                  # what became of a request: take the Location of an answer
                  curl -s \(url)/v1/requests/ID -H 'Authorization: Bearer \(key.text)'

                  # look inside: \(url)/ in a browser, where the key logs in, or
                  psql '\(psql)' -c 'SELECT * FROM sluice.queues'

                Ctrl-C stops everything it started.


                """.utf8))
    }
}
