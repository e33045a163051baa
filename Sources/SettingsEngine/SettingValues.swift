/// What the sources say, checked: values, and every fault that there is.
package struct SettingValues: Sendable {
    /// A value and where it came from; nil: the default.
    package struct Found: Sendable {
        package let source: Layer.Source
        /// As it was spelled there, with its place.
        package let label: String
        package let text: String
        let value: any Sendable
    }

    /// By name.
    package private(set) var found: [String: Found] = [:]
    /// Sentences that say where, what, and what would be right.
    package private(set) var faults: [String] = []
    /// Files that hold a secret: the setting's name, where it was given, and the file's path.
    package private(set) var secretFiles: [(name: String, label: String, path: String)] = []

    /// Names that have a fault.
    private var refused: Set<String> = []

    /// - Parameters:
    ///   - layers: those that go before others first.
    ///   - fileSetting: which names a file, the last layer.
    ///   - faults: of the sources themselves.
    ///   - isForeign: whether a variable that begins as settings do belongs to others, such as scripts.
    package init(
        _ declarations: [any Declaration], layers: [Layer], fileSetting: Setting<String?>? = nil,
        faults: [String] = [], isForeign: (String) -> Bool = { _ in false }
    ) {
        self.faults = faults
        var layers = layers
        if let fileSetting, let path = layers.lazy.compactMap({ $0.text(fileSetting.name) }).first {
            let file = SettingsFile(path: path)
            self.faults += file.faults
            if file.entries.contains(where: { $0.name == fileSetting.name }) {
                self.faults.append("\(path): \(fileSetting.name): a file can't name another")
            }
            layers.append(.file(file))
        }
        let known = declarations.flatMap(\.names).sorted()
        for layer in layers {
            let spellings = Set(known.map(layer.spelling))
            for given in layer.given where !spellings.contains(given) {
                if layer.source == .environment, isForeign(given) { continue }
                self.faults.append(layer.objection(to: given, known: known))
            }
        }
        for declaration in declarations { read(declaration, layers) }
    }

    package subscript<Value>(_ setting: Setting<Value>) -> Value {
        found[setting.name]?.value as? Value ?? setting.standard
    }

    /// A fault for each that is not there.
    package mutating func require(_ needed: [any Declaration]) {
        for declaration in needed where found[declaration.name] == nil && !refused.contains(declaration.name) {
            faults.append("\(declaration.variable) is missing; \(declaration.remedy)")
        }
    }

    private mutating func read(_ declaration: any Declaration, _ layers: [Layer]) {
        for layer in layers {
            let text = layer.text(declaration.name)
            let path = declaration.isSecret ? layer.text(declaration.fileName) : nil
            switch (text, path) {
            case (nil, nil): continue
            case (.some, nil) where layer.source == .flag && !declaration.hasFlag:
                refuse(
                    declaration, layer.label(declaration.name),
                    "others on this machine can read a command line; "
                        + "give \(declaration.variable) or \(Naming.flag(declaration.fileName))")
            case (let text?, nil):
                if declaration.isSecret, let path = layer.path {
                    secretFiles.append((declaration.name, layer.label(declaration.name), path))
                }
                take(text, declaration, layer, layer.label(declaration.name))
            case (nil, let path?): takeFile(path, declaration, layer)
            case (.some, .some):
                refuse(
                    declaration, layer.label(declaration.name),
                    "\(layer.spelling(declaration.fileName)) is given too; give one of them")
            }
            return
        }
    }

    private mutating func take(_ text: String, _ declaration: any Declaration, _ layer: Layer, _ label: String) {
        do throws(Refusal) {
            let value = try declaration.value(of: text)
            found[declaration.name] = Found(source: layer.source, label: label, text: text, value: value)
        } catch {
            let shown = declaration.isSecret ? "its value" : text.prefix(100).filter { !$0.isNewline }
            refuse(declaration, label, error.reason ?? "\(shown) is not \(declaration.allowed)")
        }
    }

    private mutating func takeFile(_ path: String, _ declaration: any Declaration, _ layer: Layer) {
        let label = layer.label(declaration.fileName)
        do throws(UnreadableFile) {
            // A key or a connection string has at most some hundred bytes; of keys there may be some.
            let content = try TextFile.read(path, limit: 64 << 10)
            let text = content.last?.isNewline == true ? String(content.dropLast()) : content
            guard !text.isEmpty else { throw UnreadableFile(path: path, reason: "is empty") }
            secretFiles.append((declaration.name, label, path))
            take(text, declaration, layer, "\(label): \(path)")
        } catch {
            refuse(declaration, label, error.description)
        }
    }

    private mutating func refuse(_ declaration: any Declaration, _ label: String, _ reason: String) {
        refused.insert(declaration.name)
        faults.append("\(label): \(reason)")
    }
}
