import NIOSSL

extension DestinationTLS {
    /// What keeps connections from being made with it; the key is held against the certificate.
    var faults: [InvalidDocument.Fault] {
        var faults: [InvalidDocument.Fault] = []
        func check(_ path: String, _ text: String?, _ kind: String, _ parse: ([UInt8]) throws -> Void) {
            guard let text, !text.isEmpty else { return }
            do { try parse(Array(text.utf8)) } catch { faults.append(.init(path, "must be \(kind) in PEM")) }
        }
        check("tls.client_certificate", clientCertificate, "a certificate, and those that vouch for it,") {
            if try NIOSSLCertificate.fromPEMBytes($0).isEmpty { throw NIOSSLError.failedToLoadCertificate }
        }
        check("tls.client_key", clientKey, "a private key without a passphrase,") {
            _ = try NIOSSLPrivateKey(bytes: $0, format: .pem)
        }
        check("tls.authorities", authorities, "certificates of authorities") {
            if try NIOSSLCertificate.fromPEMBytes($0).isEmpty { throw NIOSSLError.failedToLoadCertificate }
        }
        if faults.isEmpty, clientCertificate != nil, clientKey != nil,
            (try? NIOSSLContext(configuration: configuration())) == nil
        {
            faults.append(.init("tls.client_key", "is not the key of client_certificate"))
        }
        return faults
    }
}
