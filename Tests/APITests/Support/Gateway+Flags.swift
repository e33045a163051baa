import Tenants

@testable import API

extension Gateway {
    static let onOff = #"{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}"#
    static let flags = "/v1/environments/production/flags"

    /// Makes a flag that the gateway knows already.
    func putFlag(_ key: String, _ definition: String = onOff, isClientVisible: Bool = false) async throws {
        let answer = try await call(
            "PUT", "\(Self.flags)/\(key)", #"{"definition": \#(definition), "client_visible": \#(isClientVisible)}"#,
            ["If-None-Match: *"])
        guard answer.status == 201 else { throw UnexpectedAnswer(answer) }
        try await snapshots.load()
    }

    /// - Parameter key: of the flag; nil: all.
    func evaluate(
        _ key: String? = nil, _ body: String = #"{"context": {"targetingKey": "u1"}}"#, as caller: APIKey? = nil,
        _ headers: [String] = []
    ) async throws -> Answer {
        try await send(
            "POST", "/ofrep/v1/evaluate/flags" + (key.map { "/\($0)" } ?? ""), key: caller,
            ["Content-Type: application/json"] + headers, body: Array(body.utf8))
    }
}

struct UnexpectedAnswer: Error, CustomStringConvertible {
    let description: String

    init(_ answer: Answer) { description = "\(answer.status) \(answer.text)" }
}
