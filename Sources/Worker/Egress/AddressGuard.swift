import Model
import NIOCore

/// Keeps connections from going where the rules forbid: by the address that a connection really has, before anything is
/// written to it, so that a name which resolves to something else a moment later gains nothing.
///
/// Names are looked up beforehand too: what plainly leads to a forbidden address is not even connected to, so that its
/// ports can't be told apart, and no TLS handshake is made there.
struct AddressGuard: Sendable {
    let rules: EgressRules
    private let lookup: HostLookup

    init(_ rules: EgressRules, lookup: HostLookup = .shared) {
        self.rules = rules
        self.lookup = lookup
    }

    /// Why there must be no connection to the host; nil: none is known, and the connection's own address decides.
    func objection(to host: String, within timeout: Duration) async -> AttemptFailure? {
        let name = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        if let address = IPAddress(name) { return objection(to: address) }
        for address in await lookup.addresses(of: name, within: timeout) {
            if let failure = objection(to: address) { return failure }
        }
        return nil
    }

    /// - Parameter peer: as the connection has it.
    func objection(to peer: SocketAddress?) -> AttemptFailure? {
        guard let peer else { return AttemptFailure(.reset, "the connection was closed at once") }
        guard let text = peer.ipAddress, let address = IPAddress(text) else {
            return AttemptFailure(.blocked, "the connection has no internet address")
        }
        return objection(to: address)
    }

    private func objection(to address: IPAddress) -> AttemptFailure? {
        rules.objection(to: address).map { kind in
            AttemptFailure(
                .blocked,
                "\(address) is a \(kind) address, to which the gateway does not connect; "
                    + "use a public one, or have its operator allow the network in SLUICE_EGRESS_ALLOW")
        }
    }
}

/// Closes a connection to a forbidden address before the handlers behind it hear of it. Stands next to the socket.
final class AddressCheck: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let egress: AddressGuard
    private let refuse: (AttemptFailure) -> Void

    init(_ egress: AddressGuard, refuse: @escaping (AttemptFailure) -> Void) {
        self.egress = egress
        self.refuse = refuse
    }

    func channelActive(context: ChannelHandlerContext) {
        if let failure = egress.objection(to: context.remoteAddress) {
            refuse(failure)
            context.close(promise: nil)
        } else {
            context.fireChannelActive()
        }
    }
}
