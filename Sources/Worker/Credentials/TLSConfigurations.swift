import NIOSSL
import Synchronization
import Tenants

/// TLS settings of destinations, parsed once. Connections are kept apart by them, so that one that showed a tenant's
/// certificate is not another's.
final class TLSConfigurations: Sendable {
    /// Beyond these all are forgotten, and parsed again.
    static let capacity = 1_000

    private let parsed = Mutex<[DestinationTLS: TLSConfiguration]>([:])

    /// nil: as the client's own. Throws where they are not usable.
    func configuration(_ settings: DestinationTLS) throws -> TLSConfiguration? {
        if settings.isDefault { return nil }
        if let known = parsed.withLock({ $0[settings] }) { return known }
        let configuration = try settings.configuration()
        parsed.withLock { parsed in
            if parsed.count >= Self.capacity { parsed = [:] }
            parsed[settings] = configuration
        }
        return configuration
    }

    /// The destination's authorities are trusted besides the system's, which a token endpoint may well have; the client
    /// certificate is for the destination alone.
    func ofTokenEndpoint(_ settings: DestinationTLS) throws -> TLSConfiguration? {
        guard let authorities = settings.authorities else { return nil }
        var configuration = TLSConfiguration.makeClientConfiguration()
        let certificates = try NIOSSLCertificate.fromPEMBytes(Array(authorities.utf8))
        configuration.additionalTrustRoots = [.certificates(certificates)]
        return configuration
    }
}
