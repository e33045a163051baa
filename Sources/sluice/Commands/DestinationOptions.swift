import ArgumentParser
import Foundation
import JSON
import Tenants

/// What may be chosen for a destination on the command line; the rest is in the document.
struct DestinationOptions: ParsableArguments {
    @Option(help: "A JSON document of settings, as in docs/api.md; the options go before it.", completion: .file())
    var settings: String?
    @Option(help: "Seconds for a connection to be made.") var connectTimeout: Double?
    @Option(help: "Seconds for a whole attempt.") var timeout: Double?
    @Option(help: "Attempts under way at the same time, over all workers.") var maxInFlight: Int?
    @Option(help: "Attempts a second, over all workers; none: no limit.") var rate: Double?
    @Option(help: "Attempts that may be made at once after a quiet time.") var burst: Int?
    @Option(help: "Lanes in which deliveries keep their order, 1 to 64; none: no order. Chosen once.")
    var orderedLanes: Int?
    @Option(help: "Attempts until a delivery becomes a dead letter.") var maxAttempts: Int?
    @Option(help: "A Standard Webhooks secret (whsec_...) to sign with.") var secret: String?

    /// Is checked where it is read.
    func document(baseURL: String) throws -> JSONValue {
        var options: JSONObject = ["base_url": .string(baseURL)]
        options["connect_timeout_ms"] = connectTimeout.map { .number(JSONNumber(($0 * 1000).rounded())) }
        options["timeout_ms"] = timeout.map { .number(JSONNumber(($0 * 1000).rounded())) }
        options["max_in_flight"] = maxInFlight.map { .number(JSONNumber($0)) }
        options["rate_per_second"] = rate.map { .number(JSONNumber($0)) }
        options["rate_burst"] = burst.map { .number(JSONNumber($0)) }
        options["ordered_lanes"] = orderedLanes.map { .number(JSONNumber($0)) }
        options["max_attempts"] = maxAttempts.map { .number(JSONNumber($0)) }
        options["signing_keys"] = secret.map {
            .array([.object(["id": .string("default"), "algorithm": .string("hmac-sha256"), "secret": .string($0)])])
        }
        return try file().merging(.object(options))
    }

    private func file() throws -> JSONValue {
        guard let settings else { return .object([:]) }
        guard let text = FileManager.default.contents(atPath: settings) else {
            throw ValidationError("--settings: \(settings) can't be read")
        }
        do {
            return try JSONValue(parsing: Array(text))
        } catch {
            throw ValidationError("--settings: \(settings) is not JSON")
        }
    }
}
