import AsyncHTTPClient
import Model
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Why no whole response came.
struct AttemptFailure: Error {
    let attemptClass: AttemptClass
    /// For the tenant; says nothing of the gateway's insides.
    let message: String

    init(_ attemptClass: AttemptClass, _ message: String) {
        self.attemptClass = attemptClass
        self.message = message
    }

    init(_ error: any Error) {
        self =
            switch error {
            case let error as AttemptFailure: error
            case let error as HTTPClientError: Self.client(error)
            case let error as NIOConnectionError: Self.connection(error)
            case let error as IOError: Self.socket(error.errnoCode, error)
            case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
                Self(.tls, "the TLS handshake failed: \(error)")
            case is HTTPParserError: Self(.malformed, "the answer is not HTTP: \(error)")
            case ChannelError.connectTimeout: Self(.connectTimeout, "no connection within the connect time-out")
            case is ChannelError: Self(.reset, "the connection was closed before the response was whole")
            default: Self(.reset, "the request failed: \(error)")
            }
    }

    private static func client(_ error: HTTPClientError) -> Self {
        switch error {
        case .connectTimeout, .getConnectionFromPoolTimeout:
            Self(.connectTimeout, "no connection within the connect time-out")
        case .tlsHandshakeTimeout: Self(.connectTimeout, "the TLS handshake took too long")
        case .deadlineExceeded, .readTimeout, .writeTimeout: Self(.timeout, "no whole response within the time-out")
        case .remoteConnectionClosed: Self(.reset, "the connection was closed before the response was whole")
        case .invalidURL, .emptyHost, .emptyScheme, .traceRequestWithBody:
            Self(.unsendable, "the request can't be sent: \(error.shortDescription)")
        default: Self(.reset, error.shortDescription)
        }
    }

    private static func connection(_ error: NIOConnectionError) -> Self {
        for failure in error.connectionErrors {
            if let socketError = failure.error as? IOError { return socket(socketError.errnoCode, socketError) }
            if failure.error is ChannelError {
                return Self(.connectTimeout, "no connection within the connect time-out")
            }
        }
        if let resolver = (error.dnsAError ?? error.dnsAAAAError) {
            let isUnknown = "\(resolver)".contains("unknown") || "\(resolver)".contains("noName")
            return Self(isUnknown ? .nameNotFound : .resolverFailed, "the host name \(error.host) can't be resolved")
        }
        return Self(.connectFailed, "no connection to \(error.host) port \(error.port)")
    }

    private static func socket(_ code: CInt, _ error: IOError) -> Self {
        switch code {
        case ECONNREFUSED: Self(.connectRefused, "the connection was refused")
        case ETIMEDOUT: Self(.connectTimeout, "no connection: the network timed out")
        case EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN: Self(.connectFailed, "there is no route to the host")
        case ECONNRESET, EPIPE: Self(.reset, "the connection was reset")
        case EMFILE, ENFILE, ENOMEM, ENOBUFS, EADDRNOTAVAIL:
            Self(.returned, "this worker has no descriptors, ports or memory left")
        default: Self(.connectFailed, "the connection failed: \(error)")
        }
    }
}
