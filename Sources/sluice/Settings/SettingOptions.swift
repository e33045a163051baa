import ArgumentParser
import SettingsEngine

/// What every command takes that reads settings.
struct DatabaseOptions: ParsableArguments {
    @Option(help: "The database: postgresql://user@host/name or keyword=value pairs; else SLUICE_DATABASE_URL.")
    var databaseURL: String?

    @Option(
        name: [.customLong("config"), .customLong("config-file")],
        help: "A YAML file of settings; else SLUICE_CONFIG_FILE.", completion: .file())
    var configFile: String?

    func settings(_ more: SettingFlags? = nil, needed: [any Declaration] = []) throws -> Settings {
        let declared = Catalogue.declared
        let own = [(declared.databaseURL.name, databaseURL), (declared.configFile.name, configFile)]
            .compactMap { name, text in text.map { "\(Naming.flag(name))=\($0)" } }
        return try Settings(flags: own + (more?.flags ?? []), needed: needed)
    }
}

/// Any setting as a flag, for commands that run the gateway.
struct SettingFlags: ParsableArguments {
    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp(
            "Any setting, such as --worker-concurrency 64: `sluice config reference` lists them.",
            valueName: "--setting value"))
    var flags: [String] = []
}
