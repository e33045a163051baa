import Foundation
import Logging
import Model
import Postgres
import SettingsEngine
import Tenants

/// Every setting. To add one, declare it here: it then is read, checked, documented (`sluice config reference` and
/// `sluice config example` print what docs/ has) and there for the code as a property of `Settings` with the same name.
struct Catalogue {
    private static let api = ["serve", "up"]
    private static let worker = ["work", "up"]
    private static let gateway = ["serve", "work", "up"]

    let configFile = Setting(
        "config_file", .text("a path"),
        "A YAML file with settings, of which [sluice.example.yaml](sluice.example.yaml) has all. `--config` for short.")

    let databaseURL = Setting(
        "database_url", .connection, isSecret: true, hasFlag: true,
        remedy: "give it, SLUICE_DATABASE_URL_FILE or --database-url. To try Sluice without a database: sluice up",
        """
        The database: a libpq connection string, URL or keywords, also with several hosts and \
        `target_session_attrs=read-write`. All of libpq's parameters, password files and service files work.
        """)

    let databaseDirectURL = Setting(
        "database_direct_url", .connection, isSecret: true,
        """
        The same database without a pooler. With it, `SLUICE_DATABASE_URL` leads through a pooler in transaction mode; see \
        [high-availability.md](high-availability.md). Commands use it, and so do `LISTEN`, migrations, \
        upkeep and the readings for metrics.
        """)

    let databaseReplicaURL = Setting(
        "database_replica_url", .connection, isSecret: true, usedBy: api,
        "A streaming replica of the database, without a pooler: the API's lists are read there while it keeps up.")

    let secretsKey = Setting(
        "secrets_key", .secretsKey, isSecret: true,
        remedy: "it seals secrets in the database. Make one with: openssl rand -base64 32",
        "The key that seals secrets in the database, and sessions of the [dashboard](dashboard.md).")

    let secretsOldKeys = Setting(
        "secrets_old_keys", .secretsKeys, isSecret: true,
        "Keys that seal no more, for reading what they sealed.")

    let operatorToken = Setting(
        "operator_token", .operatorToken, isSecret: true, usedBy: api,
        """
        Opens the operator's API, `/admin/v1`, and the [dashboard](dashboard.md) for all tenants (`openssl rand -hex 32`). \
        Without it the API answers `403`.
        """)

    let host = Setting(
        "host", .text("a name or an address"), default: "127.0.0.1", usedBy: api, "Where the API listens.")

    let port = Setting(
        "port", .integer(0...65_535), default: 8080, usedBy: api,
        "Where the API listens; 0 takes a free port and says which.")

    let apiProcesses = Setting(
        "api_processes", .integer(1...1_000), default: 1, usedBy: api,
        "Processes that serve the API. Each gives a tenant its part of the tenant's rate.")

    let bodyLimit = Setting(
        "body_limit", .integer(0...(64 << 20)), default: 1 << 20, usedBy: api,
        "Bytes of a request's body; beyond them `413`.")

    let storeDeadline = Setting(
        "store_deadline", .time(1...300), default: .seconds(10), usedBy: api,
        "How long an ingest waits for the database.")

    let serveDrain = Setting(
        "serve_drain", .time(0...300), default: .seconds(5), usedBy: ["serve"],
        """
        How long a stopping API still takes requests while `/readyz` answers `503` and answers close their connections: \
        longer than whoever balances load needs to notice. A second signal ends it at once.
        """)

    let idempotencyWindow = Setting(
        "idempotency_window", .time(1...31_536_000), default: .seconds(86_400), usedBy: api,
        "How long an `Idempotency-Key` stands for its request.")

    let retentionDays = Setting(
        "retention_days", .integer(1...3_650), default: 7, usedBy: gateway,
        """
        Days for which requests and attempts are kept. Days that a waiting, claimed or dead delivery refers to stay.
        """)

    let egressAllow = Setting(
        "egress_allow", .networks, default: "", usedBy: gateway,
        """
        Networks to which the gateway connects though they are not of the public internet: \
        `10.1.0.0/16,fd00:1::/32`.
        """)

    let workerConcurrency = Setting(
        "worker_concurrency", .integer(1...100_000), default: 512, usedBy: worker,
        "Deliveries that a worker has under way at the same time.")

    let workerDrain = Setting(
        "worker_drain", .time(0...3_600), default: .seconds(20), usedBy: worker,
        "How long a stopping worker lets attempts finish before it hands them back.")

    let metricsPort = Setting(
        "metrics_port", .integer(1...65_535), usedBy: gateway,
        """
        Where `/metrics`, `/livez` and `/readyz` are served besides, to whoever can reach it; without it nowhere. The only \
        HTTP of a worker.
        """)

    let metricsHost = Setting(
        "metrics_host", .text("a name or an address"), default: "127.0.0.1", usedBy: gateway,
        "The address of that port.")

    let metricsToken = Setting(
        "metrics_token", .operatorToken, isSecret: true, usedBy: api,
        "Opens the API's `/metrics`. Without it that is open and names no tenants.")

    let otlpEndpoint = Setting(
        "otlp_endpoint", .collector, usedBy: gateway,
        "A collector's base URL, `http://localhost:4318`, to which spans are posted. Without it there are none.")

    let otlpHeaders = Setting(
        "otlp_headers", .headerLines, isSecret: true, usedBy: gateway,
        "Header fields that the collector wants, such as a key.")

    let traceRatio = Setting(
        "trace_ratio", .number(0...1), default: 1, usedBy: gateway,
        "Of the traces that begin here, the portion that is recorded.")

    let dataDir = Setting(
        "data_dir", .text("a directory"),
        default: geteuid() == 0 ? "/var/lib/sluice" : NSHomeDirectory() + "/.local/share/sluice",
        note: "`/var/lib/sluice` for root, else `~/.local/share/sluice`", usedBy: ["up"],
        "Where `sluice up` keeps its data.")

    let logLevel = Setting(
        "log_level", Kind<Logger.Level>.choice, default: .notice,
        "From which level on the log is written, to standard error.")

    let logFormat = Setting(
        "log_format", Kind<LogFormat>.choice, default: .text, "`text` for people, or `json`: an object a line.")

    static let declared = Catalogue()

    /// In the order of their declarations, so that there is no list to forget one in.
    static let all: [any Declaration] = Mirror(reflecting: declared).children.compactMap {
        $0.value as? any Declaration
    }

    /// What a file can set: not where it is.
    static let inFiles = all.filter { $0.name != declared.configFile.name }

    /// What a command needs that uses the database, and one that also seals or opens secrets.
    static let database: [any Declaration] = [declared.databaseURL]
    static let databaseAndKey: [any Declaration] = database + [declared.secretsKey]

    /// Variables that begin as settings do and are others': of docker-compose.yml, scripts and tests. Their values are
    /// none of the program's business, so they may be in its environment.
    static let foreign: Set<String> = [
        "SLUICE_PUBLISH", "SLUICE_SANITIZE", "SLUICE_WARNINGS_AS_ERRORS", "SLUICE_FUZZ",
        "SLUICE_FUZZ_SEED", "SLUICE_ROLLOUT_RUNS",
    ]

    static func isForeign(_ variable: String) -> Bool {
        foreign.contains(variable) || variable.hasPrefix("SLUICE_TEST_")
    }
}

enum LogFormat: String, CaseIterable {
    case text, json
}

extension Kind where Value == ConnectionSettings {
    fileprivate static var connection: Kind {
        Kind(
            allowed: "a URL (postgresql://user@host/database) or keyword=value pairs"
        ) { text throws(Refusal) in
            do { return try ConnectionSettings(text) } catch { throw Refusal() }
        }
    }
}

extension Kind where Value == String {
    fileprivate static var secretsKey: Kind {
        .text("32 bytes in base64") { text throws(Refusal) in
            do { _ = try SecretBox(base64: text) } catch { throw Refusal() }
        }
    }

    fileprivate static var collector: Kind {
        .text("a URL, such as http://localhost:4318") { text throws(Refusal) in
            guard let url = URLComponents(string: text), ["http", "https"].contains(url.scheme),
                url.host?.isEmpty == false, url.query == nil, url.fragment == nil
            else { throw Refusal("its value is not a URL, such as http://localhost:4318") }
            guard url.user == nil, url.password == nil else {
                throw Refusal("a URL is shown, so it must not have a password; give SLUICE_OTLP_HEADERS or its file")
            }
        }
    }

    /// A line that is none would be passed over, or refused with each batch of spans, and its value told to the log.
    fileprivate static var headerLines: Kind {
        .text("lines of `name: value`") { text throws(Refusal) in
            for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
                let name = line.prefix { UInt8(ascii: "-") == $0 || UInt8(ascii: "_") == $0 || $0.isAlphanumeric }
                let value = line.dropFirst(name.count)
                guard !name.isEmpty, value.starts(with: ": ".utf8), value.count > 2,
                    value.allSatisfy({ 0x20...0x7e ~= $0 })
                else { throw Refusal() }
            }
        }
    }

    fileprivate static var networks: Kind {
        .text("networks, separated by commas") { text throws(Refusal) in
            do throws(EgressRulesError) { _ = try EgressRules(allowing: text) } catch {
                throw Refusal(error.description)
            }
        }
    }
}

extension Kind where Value == [String] {
    fileprivate static var secretsKeys: Kind {
        Kind(allowed: "keys of 32 bytes in base64, separated by commas") { text throws(Refusal) in
            let keys = text.split(separator: ",").map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
            for key in keys { _ = try Kind<String>.secretsKey.read(key) }
            return keys
        }
    }
}

extension Kind where Value == OperatorToken {
    fileprivate static var operatorToken: Kind {
        Kind(allowed: "at least \(OperatorToken.minimumLength) bytes") { text throws(Refusal) in
            guard let token = OperatorToken(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
                throw Refusal()
            }
            return token
        }
    }
}

extension UInt8 {
    fileprivate var isAlphanumeric: Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= self | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= self
    }
}
