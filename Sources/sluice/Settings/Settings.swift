import API
import Foundation
import Model
import Postgres
import SettingsEngine
import Tenants
import Worker

/// What flags, environment and file say, checked: `settings.port` is what `Catalogue.port` declares.
@dynamicMemberLookup
struct Settings {
    let values: SettingValues
    /// To which the gateway connects whatever the settings say.
    private var allowedNetwork = ""
    private var isAlone = false

    /// - Parameters:
    ///   - flags: words of a command line.
    ///   - needed: what must not be missing.
    /// - Throws: `InvalidSettings`, with all that is wrong.
    init(
        _ environment: [String: String] = ProcessInfo.processInfo.environment, flags: [String] = [],
        needed: [any Declaration] = []
    ) throws(InvalidSettings) {
        let (flagged, flagFaults) = CommandLineFlags.read(flags)
        var values = SettingValues(
            Catalogue.all, layers: [.flags(flagged), .environment(environment)],
            fileSetting: Catalogue.declared.configFile, faults: flagFaults, isForeign: Catalogue.isForeign)
        values.require(needed)
        guard values.faults.isEmpty else { throw InvalidSettings(faults: values.faults) }
        self.values = values
    }

    subscript<Value>(dynamicMember setting: KeyPath<Catalogue, Setting<Value>>) -> Value {
        values[Catalogue.declared[keyPath: setting]]
    }

    /// For a destination of the program's own.
    func allowing(_ network: String) -> Settings {
        var settings = self
        settings.allowedNetwork = network
        return settings
    }

    /// For an API that nobody balances load before, so that it has nobody to tell of its end.
    func alone() -> Settings {
        var settings = self
        settings.isAlone = true
        return settings
    }

    var api: APIConfiguration {
        var api = APIConfiguration()
        api.host = self.host
        api.port = self.port
        api.bodyLimit = self.bodyLimit
        api.storeDeadline = self.storeDeadline
        api.drain = isAlone ? .zero : self.serveDrain
        api.operatorToken = self.operatorToken
        api.metricsToken = self.metricsToken
        api.processes = self.apiProcesses
        return api
    }

    var worker: WorkerConfiguration {
        get throws {
            var worker = WorkerConfiguration()
            worker.concurrency = self.workerConcurrency
            worker.drainTimeout = self.workerDrain
            worker.egress = try egress
            return worker
        }
    }

    /// Where metrics are served besides; nil: nowhere.
    var metricsAddress: (host: String, port: Int)? { self.metricsPort.map { (self.metricsHost, $0) } }

    /// Where spans are posted, and what portion of the traces that begin here; nil: there are none.
    var traces: (url: String, headers: [(String, String)], ratio: Double)? {
        self.otlpEndpoint.map { endpoint in
            let base = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
            let headers = HeaderLines(text: self.otlpHeaders ?? "").fields.map { (String($0.name), String($0.value)) }
            return (base + "/v1/traces", headers, self.traceRatio)
        }
    }

    var egress: EgressRules {
        get throws { try EgressRules(allowing: self.egressAllow + "," + allowedNetwork) }
    }

    /// For commands, and for what needs a session: without a pooler. What a flag names goes before both settings.
    func connection() throws -> ConnectionSettings {
        guard let connection = directURL else { throw CommandError("SLUICE_DATABASE_URL is missing") }
        return connection
    }

    /// For what runs for long.
    func connections() throws -> DatabaseConnections {
        var connections = DatabaseConnections(try connection())
        if !isOneForAll, self.databaseDirectURL != nil, let pooled = self.databaseURL {
            connections.transactions = pooled.throughPooler()
        }
        connections.replica = self.databaseReplicaURL
        return connections
    }

    var directURL: ConnectionSettings? {
        isOneForAll ? self.databaseURL : self.databaseDirectURL ?? self.databaseURL
    }

    /// Who gives a database by a flag means that one and no other.
    private var isOneForAll: Bool { values.found[Catalogue.declared.databaseURL.name]?.source == .flag }

    /// - Parameter kept: the key where none is set.
    func secretBox(kept: String? = nil) throws -> SecretBox {
        guard let key = self.secretsKey ?? kept else { throw CommandError("SLUICE_SECRETS_KEY is missing") }
        return try SecretBox(base64: key, old: self.secretsOldKeys ?? [])
    }
}

/// All that is wrong with the settings, a sentence each.
struct InvalidSettings: Error {
    let faults: [String]
}
