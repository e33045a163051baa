import Configuration

/// One place that settings come from.
package struct Layer: Sendable {
    package enum Source: String, Sendable, Equatable {
        case flag, environment, file
    }

    package let source: Source
    /// Of a file.
    let path: String?
    private let provider: any ConfigProvider
    /// What was given, as it is spelled here, in order.
    let given: [String]
    /// Of a name in a file, by line.
    private let place: @Sendable (String) -> String

    package static func flags(_ values: [(name: String, text: String)]) -> Layer { Layer(.flag, values) { _ in "" } }

    /// Variables that begin with `SLUICE_`.
    package static func environment(_ variables: [String: String]) -> Layer {
        let own = variables.filter { $0.key.hasPrefix(Naming.prefix) && !ServiceLink.matches($0.key, $0.value) }
        return Layer(
            source: .environment, provider: EnvironmentVariablesProvider(environmentVariables: own),
            given: own.filter { !$0.value.isEmpty }.keys.sorted(), path: nil, place: { _ in "" })
    }

    package static func file(_ file: SettingsFile) -> Layer {
        let lines = Dictionary(file.entries.map { ($0.name, $0.line) }) { first, _ in first }
        return Layer(.file, file.entries.map { ($0.name, $0.text) }, path: file.path) {
            "\(file.path):\(lines[$0] ?? 0): "
        }
    }

    private init(
        _ source: Source, _ values: [(name: String, text: String)], path: String? = nil,
        place: @escaping @Sendable (String) -> String
    ) {
        let keyed = values.map { (Self.key($0.name), ConfigValue(.string($0.text), isSecret: false)) }
        self.init(
            source: source, provider: InMemoryProvider(name: source.rawValue, values: Dictionary(keyed) { $1 }),
            given: values.filter { !$0.text.isEmpty }.map { Self.spelling($0.name, source) }, path: path,
            place: place)
    }

    private init(
        source: Source, provider: any ConfigProvider, given: [String], path: String?,
        place: @escaping @Sendable (String) -> String
    ) {
        self.source = source
        self.provider = provider
        self.given = given
        self.path = path
        self.place = place
    }

    /// What was given; what is empty was not.
    func text(_ name: String) -> String? {
        guard case .string(let text) = try? provider.value(forKey: Self.key(name), type: .string).value?.content,
            !text.isEmpty
        else { return nil }
        return text
    }

    /// A name as it is spelled here.
    func spelling(_ name: String) -> String { Self.spelling(name, source) }

    /// A name as it is spelled here, after its place.
    package func label(_ name: String) -> String { place(name) + spelling(name) }

    /// What is wrong with a spelling that no setting has.
    func objection(to unknown: String, known: [String]) -> String {
        let nearest = Spelling.nearest(to: Naming.name(unknown), among: known)
        return place(unknown) + "\(unknown) is not a setting"
            + (nearest.map { "; did you mean \(spelling($0))?" } ?? "")
    }

    private static func spelling(_ name: String, _ source: Source) -> String {
        switch source {
        case .flag: Naming.flag(name)
        case .environment: Naming.variable(name)
        case .file: name
        }
    }

    private static func key(_ name: String) -> AbsoluteConfigKey {
        AbsoluteConfigKey(["sluice"] + name.split(separator: "_").map(String.init))
    }
}
