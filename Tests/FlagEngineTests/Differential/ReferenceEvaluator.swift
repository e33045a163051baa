import Foundation
import JSON
import TestSupport
import Testing

@testable import FlagEngine

/// flagd's evaluator in Python, in one of its versions. `scripts/python.sh` installs both.
struct ReferenceEvaluator {
    struct Failure: Error {
        let output: String
    }

    static let text = ReferenceEvaluator(folder: "python-flagd-1", bucketing: .text)
    static let cbor = ReferenceEvaluator(folder: "python-flagd-2", bucketing: .cbor)

    let folder: String
    let bucketing: Bucketing

    var isThere: Bool { FileManager.default.fileExists(atPath: path.appendingPathComponent("made").path) }

    private var path: URL { Repository.root.appendingPathComponent(".build/\(folder)") }

    /// An answer for each context of each case, in one process.
    func answers(_ cases: [FlagCase]) async throws -> [JSONObject] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (input, output) = (folder.appendingPathComponent("input"), folder.appendingPathComponent("output"))
        try Data(cases.map { $0.line + "\n" }.joined().utf8).write(to: input)
        try Data().write(to: output)
        let script = try #require(
            Bundle.module.url(forResource: "evaluate", withExtension: "py", subdirectory: "Fixtures/flagd"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-B", script.path]
        process.environment = ["PATH": "/usr/bin:/bin:/usr/local/bin", "PYTHONPATH": path.path]
        process.standardInput = try FileHandle(forReadingFrom: input)
        let written = try FileHandle(forWritingTo: output)
        process.standardOutput = written
        process.standardError = written
        let (ends, ended) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in ended.finish() }
        try process.run()
        for await _ in ends {}
        let lines = try Data(contentsOf: output).split(separator: UInt8(ascii: "\n"))
        guard process.terminationStatus == 0 else {
            throw Failure(output: lines.suffix(20).map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n"))
        }
        return try lines.map { line in
            guard case .object(let answer) = try JSONValue(parsing: Array(line)) else { return [:] }
            return answer
        }
    }
}

/// A flag, and contexts to evaluate it in.
struct FlagCase {
    static let timestamp: Int64 = 1_700_000_000

    let document: JSONValue
    let contexts: [JSONValue]

    var set: FlagSet {
        get throws {
            try FlagSet(try FlagDocument(parsing: Array(document.text.utf8)), bucketing: bucketing)
        }
    }

    let bucketing: Bucketing

    var line: String {
        let type = (try? set.valueType(of: "flag")) ?? .object
        return JSONValue.object([
            "document": document, "key": .string("flag"), "type": .string(type.rawValue),
            "contexts": .array(contexts), "timestamp": .number(JSONNumber(Self.timestamp)),
        ]).text
    }

    /// Of this engine, in the reference's form.
    func answers() throws -> [JSONObject] {
        let set = try set
        return contexts.map { context in
            let found = set.evaluate("flag", EvaluationContext(context), at: Self.timestamp)
            var answer: JSONObject = ["reason": .string(found.reason.rawValue)]
            if let failure = found.failure {
                answer["error"] = .string(failure.code.rawValue)
            } else {
                answer["metadata"] = .object(found.metadata)
                answer["variant"] = found.variant.map { .string($0) }
                answer["value"] = found.value
            }
            return answer
        }
    }
}
