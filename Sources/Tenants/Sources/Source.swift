package import Model
import Postgres

/// Who may post without a key: a URL that can't be guessed, and signatures.
package struct Source: Sendable {
    package let tenant: TenantID
    package let shard: Int16
    package let id: SourceID
    package let settings: SourceSettings
    /// nil where it sends to a topic.
    package let destination: DestinationID?
    let token: SourceToken.Hash
    /// The token before, and until when it is good.
    let old: (token: SourceToken.Hash, endsAt: Timestamp)?
    /// Grows with each change; the ETag of its document.
    package let version: Int64

    init(
        tenant: TenantID, shard: Int16, id: SourceID, settings: SourceSettings, destination: DestinationID?,
        token: SourceToken.Hash, old: (token: SourceToken.Hash, endsAt: Timestamp)? = nil, version: Int64 = 1
    ) {
        self.tenant = tenant
        self.shard = shard
        self.id = id
        self.settings = settings
        self.destination = destination
        self.token = token
        self.old = old
        self.version = version
    }

    func isOpened(by hash: SourceToken.Hash, now: Timestamp) -> Bool {
        guard settings.isEnabled else { return false }
        if hash == token { return true }
        guard let old, hash == old.token else { return false }
        return now < old.endsAt
    }
}

/// What may be chosen for a source.
package struct SourceSettings: Sendable, Hashable {
    package enum Target: Sendable, Hashable {
        /// By its name.
        case destination(String)
        case topic(Topic)
    }

    /// Seconds.
    package static let tolerances = 1...86_400

    package var name: String
    package var target: Target
    package var scheme: SignatureScheme
    /// One, or two during a change; a signature by either counts.
    package var secrets: [SourceSecret] = []
    /// By so much a signature's time may be off the gateway's clock, either way. Of schemes that have a time.
    package var toleranceSeconds: Int32 = 300
    package var isEnabled = true
    /// Why its secrets can't be read here; nothing is taken then.
    package var fault: String?

    package init(name: String, target: Target, scheme: SignatureScheme) {
        self.name = name
        self.target = target
        self.scheme = scheme
    }
}

/// How senders sign.
package enum SignatureScheme: String, Sendable, CaseIterable, Codable {
    case standardWebhooks = "standard-webhooks"
    case github
    case stripe
}
