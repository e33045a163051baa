import Foundation
import Postgres
import SQL

/// Figures of a run: one JSON line each as they come, and a table at the end.
package struct Results {
    package struct Figure {
        let name: String
        let value: Double
        let unit: String
        let target: String
    }

    let bench: String
    private(set) var figures: [Figure] = []

    init(_ bench: String) { self.bench = bench }

    mutating func add(_ name: String, _ value: Double, _ unit: String, target: String = "") {
        figures.append(Figure(name: name, value: value, unit: unit, target: target))
        emit(["bench": bench, "figure": name, "value": (value * 1000).rounded() / 1000, "unit": unit, "target": target])
    }

    /// Machine, server and settings, so that a figure can be judged.
    func describe(_ client: Client) async throws {
        var facts: [String: Any] = ["bench": bench, "machine": Machine.description]
        for row in try await client.query(SQL["bench.facts"]) {
            facts[try row.decode(0, as: String.self)] = try row.decode(1, as: String.self)
        }
        emit(facts)
    }

    package func printTable() {
        let width = figures.map(\.name.count).max() ?? 0
        printLine("\n\(bench)")
        for figure in figures {
            let name = figure.name.padding(toLength: width, withPad: " ", startingAt: 0)
            let value =
                figure.value >= 100 ? String(format: "%12.0f", figure.value) : String(format: "%12.3f", figure.value)
            printLine(
                "  \(name) \(value) \(figure.unit.padding(toLength: 12, withPad: " ", startingAt: 0)) \(figure.target)")
        }
    }

    private func emit(_ object: [String: Any]) {
        guard let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys]) else { return }
        printLine(String(decoding: data, as: UTF8.self))
    }
}

/// Unbuffered, so that figures are seen as they come, also through a pipe.
private func printLine(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
}

enum Machine {
    static var description: String {
        let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model =
            info.split(separator: "\n").first { $0.hasPrefix("model name") }?.split(separator: ":").last ?? "unknown"
        let memory = ProcessInfo.processInfo.physicalMemory >> 30
        return
            "\(model.trimmingCharacters(in: .whitespaces)), \(ProcessInfo.processInfo.activeProcessorCount) cores, \(memory) GiB"
    }
}

/// The middle of an odd number of runs: on a shared machine single runs say little.
func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
}

func elapsed(since start: ContinuousClock.Instant) -> Double {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return Double(seconds) + Double(attoseconds) / 1e18
}
