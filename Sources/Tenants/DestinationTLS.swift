package import NIOSSL

/// What differs from TLS as the system has it; all of it PEM.
package struct DestinationTLS: Sendable, Hashable {
    /// Bytes of each of the three.
    package static let limit = 64 << 10

    /// Shown to a server that asks, leaf first.
    package var clientCertificate: String?
    package var clientKey: String?
    /// The authorities that are trusted, in place of the system's.
    package var authorities: String?

    package init() {}

    package var isDefault: Bool { clientCertificate == nil && authorities == nil }

    /// Throws where something is not PEM of its kind.
    package func configuration() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let clientCertificate, let clientKey {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(clientCertificate.utf8))
                .map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(clientKey.utf8), format: .pem))
        }
        if let authorities {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authorities.utf8)))
        }
        return configuration
    }
}
