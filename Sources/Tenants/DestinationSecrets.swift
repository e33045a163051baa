import FoundationEssentials
import Model

/// What of a destination's settings is sealed, as one text: the values that are never shown again.
struct DestinationSecrets: Codable {
    struct Key: Codable {
        let id: String
        let algorithm: SigningKey.Algorithm
        let secret: Data
    }

    struct Basic: Codable {
        let username: String
        let password: String
    }

    var keys: [Key]?
    /// As `HeaderLines`.
    var headers: String?
    var basic: Basic?
    var bearer: String?
    var oauth2: ClientCredentials?
    var clientKey: String?

    /// nil where the settings have no secrets.
    init?(_ settings: DestinationSettings) {
        if !settings.signingKeys.isEmpty {
            keys = settings.signingKeys.map { Key(id: $0.id, algorithm: $0.algorithm, secret: Data($0.secret)) }
        }
        if !settings.headers.text.isEmpty { headers = settings.headers.text }
        switch settings.auth {
        case .none: break
        case .basic(let username, let password): basic = Basic(username: username, password: password)
        case .bearer(let token): bearer = token
        case .oauth2(let credentials): oauth2 = credentials
        }
        clientKey = settings.tls.clientKey
        if keys == nil, headers == nil, clientKey == nil, settings.auth == .none { return nil }
    }

    func apply(to settings: inout DestinationSettings) {
        settings.signingKeys = (keys ?? []).map {
            SigningKey(id: $0.id, algorithm: $0.algorithm, secret: Array($0.secret))
        }
        settings.headers = HeaderLines(text: headers ?? "")
        settings.tls.clientKey = clientKey
        if let basic {
            settings.auth = .basic(username: basic.username, password: basic.password)
        } else if let bearer {
            settings.auth = .bearer(token: bearer)
        } else if let oauth2 {
            settings.auth = .oauth2(oauth2)
        }
    }

    static func owner(_ tenant: TenantID, _ destination: String) -> String {
        "secrets of destination \(destination), tenant \(tenant)"
    }
}

extension SecretBox {
    func seal(_ settings: DestinationSettings, of tenant: TenantID) throws -> [UInt8]? {
        guard let secrets = DestinationSecrets(settings) else { return nil }
        return try seal(
            Array(try JSONEncoder().encode(secrets)), owner: DestinationSecrets.owner(tenant, settings.name))
    }

    /// Secrets that can't be opened are a fault of the one destination: the others go on.
    func open(_ sealed: [UInt8], into settings: inout DestinationSettings, of tenant: TenantID) {
        do {
            let text = try open(sealed, owner: DestinationSecrets.owner(tenant, settings.name))
            try JSONDecoder().decode(DestinationSecrets.self, from: Data(text)).apply(to: &settings)
        } catch {
            settings.fault = (error as? SecretError)?.description ?? "its secrets are not what this version reads"
        }
    }
}
