import Foundation
import TestSupport
import Testing

/// Routes and sources, from the command line.
struct RouteCommandTests {
    @Test(.timeLimit(.minutes(3))) func routesAndSourcesAreMadeShownAndDeleted() async throws {
        try await withDatabase { database in
            try await withProcesses { processes in
                let site = try await Installation(
                    processes, database: database.connectionString, destination: "http://127.0.0.1:9")
                _ = try await site.run(
                    ["route", "put", "acme", "orders", "order.#", "sink", "--filter", "header.X-Kind=a=b"])
                let shown = try await site.run(["route", "show", "acme", "orders", "--json"])
                #expect(shown.contains(#"{"equals":"a=b","field":"header.x-kind"}"#))
                #expect(
                    try await site.rows(["route", "list", "acme"]) == [["orders", "order.#", "sink", "1", "enabled"]])
                _ = try await site.run(["route", "delete", "acme", "orders"])
                #expect(try await site.run(["route", "list", "acme"]) == "")

                let put = [
                    "source", "put", "acme", "hub", "github", "--destination", "sink", "--secret", "open sesame",
                ]
                let path = try await site.run(put)
                #expect(path.hasPrefix("/in/~"))
                #expect(try await site.run(put + ["--tolerance", "5"]) == "")
                let source = try await site.run(["source", "show", "acme", "hub", "--json"])
                #expect(source.contains(#""tolerance_s":5"#) && !source.contains("sesame"))
                #expect(
                    try await site.rows(["source", "list", "acme"]) == [
                        ["hub", "github", "destination", "sink", "enabled"]
                    ])
                let other = try await site.run(["source", "rotate", "acme", "hub", "--overlap", "0"])
                #expect(other.hasPrefix("/in/~") && other != path)
                _ = try await site.run(["source", "delete", "acme", "hub"])
                #expect(try await site.run(["source", "list", "acme"]) == "")

                for (command, words) in [
                    (["route", "put", "acme", "r", "a..b", "sink"], "topic must be"),
                    (["route", "put", "acme", "r", "a", "nix"], "tenant acme has no destination nix"),
                    (["route", "put", "acme", "r", "a", "sink", "--filter", "x"], "is not FIELD=VALUE"),
                    (["route", "delete", "acme", "r"], "tenant acme has no route r"),
                    (
                        ["source", "put", "acme", "s", "github", "--secret", "open sesame"],
                        "exactly one of destination"
                    ),
                    (["source", "put", "acme", "s", "md5", "--topic", "a"], "md5"),
                    (["source", "rotate", "acme", "s"], "tenant acme has no source s"),
                ] {
                    let process = try await processes.run(command, site.environment)
                    #expect(process.status != 0 && process.errors.contains(words), "\(process.errors)")
                }
            }
        }
    }
}
