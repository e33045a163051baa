import Foundation
import Postgres
import TestSupport
import Testing

/// A live gateway keeps to its OpenAPI document, as far as schemathesis can see: with keys and without, with data that the
/// document allows and data that it doesn't.
@Suite(.enabled(if: schemathesis != nil, "scripts/python.sh was not run, which installs schemathesis"))
struct ContractTests {
    /// Of what is generated at random nothing: a suite must not fail by chance.
    private static let examples = 8

    @Test(.timeLimit(.minutes(6))) func theGatewayKeepsToItsDocument() async throws {
        let schemathesis = try #require(schemathesis)
        let fixtures = try #require(
            Bundle.module.url(forResource: "schemathesis", withExtension: nil, subdirectory: "Fixtures"))
        let token = UUID().uuidString
        try await withServer { server in
            try await withProcesses { processes in
                let site = try await Installation(
                    processes, database: server.connectionString, destination: "http://127.0.0.1:9")
                // The name that the document's examples have.
                _ = try await site.run(["destination", "put", "acme", "billing", "http://127.0.0.1:9"])
                let made = try await site.run(["key", "create", "acme", "--json"])
                let key = try #require(try JSONSerialization.jsonObject(with: Data(made.utf8)) as? [String: Any])
                let (gateway, caller) = try await site.serve(["SLUICE_OPERATOR_TOKEN": token])
                let environment = [
                    "SCHEMATHESIS_HOOKS": "hooks", "SLUICE_OPERATOR_TOKEN": token, "SLUICE_TENANT": "acme",
                    "SLUICE_KEY": try #require(key["key"] as? String),
                    "SLUICE_KEY_ID": try #require(key["id"] as? String),
                ]
                // There it finds its configuration and the hooks.
                let options = "--checks all --phases examples,coverage"
                let script = #"cd "$1" && exec "$2" run "$3" \#(options) --max-examples "$4""#
                let run = try processes.start(
                    [
                        "-c", script, "sh", fixtures.path, schemathesis.path, caller.url + "/openapi.json",
                        "\(Self.examples)",
                    ], environment, program: URL(fileURLWithPath: "/bin/sh"))
                let status = try await run.ended(within: .seconds(300))
                #expect(status == 0, "\(run.output.suffix(20_000))\(run.errors.suffix(5_000))")
                #expect(gateway.status == nil)
                // All of it was done with a key that was good to the end.
                let last = try await Caller(url: caller.url, key: environment["SLUICE_KEY"] ?? "").post(
                    "/in/billing", [])
                #expect(last.status == 202)
            }
        }
    }
}

private let schemathesis = Repository.python("schemathesis", with: "schemathesis")
