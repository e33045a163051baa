import NIOCore

/// Where a TCP or TLS check connects: `host:port`, an IPv6 address in brackets.
struct Endpoint: Hashable {
    let host: String
    let port: Int

    init?(_ target: String) {
        guard let colon = target.lastIndex(of: ":"), let port = UInt16(target[target.index(after: colon)...]), port > 0
        else { return nil }
        let host = target[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        self.host = String(isBracketed ? host.dropFirst().dropLast() : host)
        self.port = Int(port)
        guard !self.host.isEmpty, isBracketed || !self.host.contains(":") else { return nil }
    }

    /// What a certificate must be for, as TLS asks for it; nil for an address, which the certificate must then name.
    var serverName: String? { (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil }
}
