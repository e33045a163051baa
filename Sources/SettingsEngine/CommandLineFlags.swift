/// Reads what a command line has of settings: `--worker-drain 5` or `--worker-drain=5`.
package enum CommandLineFlags {
    /// Pairs of names and texts, and faults of what is neither.
    package static func read(_ words: [String]) -> (values: [(name: String, text: String)], faults: [String]) {
        var values: [(name: String, text: String)] = []
        var faults: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("--"), word.count > 2 else {
                faults.append("\(word) is not a setting: settings are given as --name value")
                continue
            }
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0]).replacing("-", with: "_")
            if parts.count == 2 {
                values.append((name, String(parts[1])))
            } else if let next = rest.first, !next.hasPrefix("--") {
                values.append((name, next))
                rest.removeFirst()
            } else {
                faults.append("\(word): its value is missing")
            }
        }
        for name in Set(values.map(\.name)).sorted() where values.count(where: { $0.name == name }) > 1 {
            faults.append("\(Naming.flag(name)) is given twice")
        }
        return (values, faults)
    }
}
