import API
import ArgumentParser
import Configuration
import Foundation
import Logging
import Model
import Postgres
import Tenants
import Worker

/// What the environment says, checked. Each property names its variable; docs/configuration.md lists them.
struct Settings {
    private let reader: ConfigReader
    /// To which the gateway connects whatever the environment says.
    private var allowedNetwork = ""

    init(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
        reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
    }

    /// For a destination of the program's own.
    func allowing(_ network: String) -> Settings {
        var settings = self
        settings.allowedNetwork = network
        return settings
    }

    /// SLUICE_DATABASE_URL: a libpq connection string, URL or keywords.
    var databaseURL: String? { reader.string(forKey: "sluice.database.url", isSecret: true) }

    /// SLUICE_DATABASE_DIRECT_URL: the same database without a pooler; with it, SLUICE_DATABASE_URL leads through a pooler
    /// in transaction mode.
    var databaseDirectURL: String? { reader.string(forKey: "sluice.database.direct.url", isSecret: true) }

    /// SLUICE_DATABASE_REPLICA_URL: a streaming replica of the database, without a pooler, for the API's lists.
    var databaseReplicaURL: String? { reader.string(forKey: "sluice.database.replica.url", isSecret: true) }

    /// SLUICE_DATA_DIR: where `sluice up` keeps what it makes; by default /var/lib/sluice for root and
    /// ~/.local/share/sluice for others.
    var dataDirectory: String {
        let standard = geteuid() == 0 ? "/var/lib/sluice" : NSHomeDirectory() + "/.local/share/sluice"
        return reader.string(forKey: "sluice.data.dir", default: standard)
    }

    /// SLUICE_RETENTION_DAYS: for how many days requests and attempts are kept; default 7, at least 1.
    var retentionDays: Int32 {
        get throws { Int32(try integer("sluice.retention.days", default: 7, in: 1...3650)) }
    }

    /// SLUICE_IDEMPOTENCY_WINDOW: for how many seconds an Idempotency-Key stands for its request; default a day.
    var idempotencyWindow: Duration {
        get throws { .seconds(try integer("sluice.idempotency.window", default: 86_400, in: 1...31_536_000)) }
    }

    /// SLUICE_HOST and SLUICE_PORT: where the API listens, default 127.0.0.1:8080. SLUICE_BODY_LIMIT: bytes of a
    /// request's body, default 1 MiB. SLUICE_STORE_DEADLINE: seconds for which an ingest waits for the database,
    /// default 10. SLUICE_API_PROCESSES: how many processes serve the API and so share each tenant's rate, default 1.
    var api: APIConfiguration {
        get throws {
            var api = APIConfiguration()
            api.host = reader.string(forKey: "sluice.host", default: "127.0.0.1")
            api.port = try integer("sluice.port", default: 8080, in: 0...65_535)
            api.bodyLimit = try integer("sluice.body.limit", default: 1 << 20, in: 0...(64 << 20))
            api.storeDeadline = .seconds(try integer("sluice.store.deadline", default: 10, in: 1...300))
            api.operatorToken = try operatorToken
            api.processes = try integer("sluice.api.processes", default: 1, in: 1...1_000)
            return api
        }
    }

    /// SLUICE_WORKER_CONCURRENCY: deliveries under way at the same time, default 512. SLUICE_WORKER_DRAIN: seconds for
    /// which a stopping worker lets attempts finish, default 20.
    var worker: WorkerConfiguration {
        get throws {
            var worker = WorkerConfiguration()
            worker.concurrency = try integer("sluice.worker.concurrency", default: worker.concurrency, in: 1...100_000)
            worker.drainTimeout = .seconds(try integer("sluice.worker.drain", default: 20, in: 0...3600))
            worker.egress = try egress
            return worker
        }
    }

    /// SLUICE_EGRESS_ALLOW: networks to which the gateway connects though they are not of the public internet.
    var egress: EgressRules {
        get throws {
            do {
                let networks = reader.string(forKey: "sluice.egress.allow", default: "")
                return try EgressRules(allowing: networks + "," + allowedNetwork)
            } catch {
                throw ValidationError("SLUICE_EGRESS_ALLOW: \(error)")
            }
        }
    }

    /// SLUICE_SECRETS_KEY, or SLUICE_SECRETS_KEY_FILE with its path: 32 bytes in base64.
    var secretsKey: String? { get throws { try secret("sluice.secrets.key") } }

    /// SLUICE_OPERATOR_TOKEN, or SLUICE_OPERATOR_TOKEN_FILE with its path: at least 16 bytes that open the operator's
    /// API; without it nothing does.
    private var operatorToken: OperatorToken? {
        get throws {
            guard let text = try secret("sluice.operator.token") else { return nil }
            guard let token = OperatorToken(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
                throw ValidationError(
                    "SLUICE_OPERATOR_TOKEN is shorter than \(OperatorToken.minimumLength) bytes. "
                        + "Make one with: openssl rand -hex 32")
            }
            return token
        }
    }

    /// Of the variable itself, or of the file that the one with `_FILE` names.
    private func secret(_ key: String) throws -> String? {
        if let secret = reader.string(forKey: ConfigKey(key), isSecret: true) { return secret }
        guard let path = reader.string(forKey: ConfigKey(key + ".file")) else { return nil }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw ValidationError("\(key.uppercased().replacing(".", with: "_"))_FILE: \(path) can't be read")
        }
        return text
    }

    func secretBox() throws -> SecretBox {
        guard let key = try secretsKey else {
            throw ValidationError(
                "SLUICE_SECRETS_KEY or SLUICE_SECRETS_KEY_FILE is missing: the key that seals secrets in the database. "
                    + "Make one with: openssl rand -base64 32")
        }
        return try SecretBox(base64: key, old: oldSecretsKeys)
    }

    /// SLUICE_SECRETS_OLD_KEYS: keys that seal no more, separated by commas, for reading what they sealed.
    var oldSecretsKeys: [String] {
        let keys = reader.string(forKey: "sluice.secrets.old.keys", isSecret: true, default: "")
        return keys.split(separator: ",").map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
    }

    /// SLUICE_LOG_LEVEL: trace, debug, info, notice, warning, error; default notice. Logs go to standard error.
    func logger() throws -> Logger {
        let name = reader.string(forKey: "sluice.log.level", default: "notice")
        guard let level = Logger.Level(rawValue: name) else {
            throw ValidationError(
                "SLUICE_LOG_LEVEL is \(name); it must be trace, debug, info, notice, warning or error")
        }
        var logger = Logger(label: "sluice") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        return logger
    }

    private func integer(_ key: String, default standard: Int, in range: ClosedRange<Int>) throws -> Int {
        let variable = key.uppercased().replacing(".", with: "_")
        guard let text = reader.string(forKey: ConfigKey(key)) else { return standard }
        guard let value = Int(text), range.contains(value) else {
            throw ValidationError(
                "\(variable) is \(text); it must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}
