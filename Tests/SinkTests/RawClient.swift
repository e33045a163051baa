import Dispatch
import Glibc

/// A socket to loopback and nothing more. Its calls block a thread of Dispatch, not one of the cooperative pool, and
/// fail after thirty seconds.
final class RawClient: Sendable {
    struct Failure: Error, Equatable {
        var code: Int32
    }

    private let descriptor: Int32

    init(port: Int) async throws {
        descriptor = try await blocking {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var patience = timeval(tv_sec: 30, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(UInt16(port)).bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            let status = withUnsafeBytes(of: &address) { bytes in
                connect(descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(bytes.count))
            }
            guard status == 0 else { throw Failure(code: errno) }
            return descriptor
        }
    }

    deinit { close(descriptor) }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) async throws {
        let descriptor = descriptor
        try await blocking {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { throw Failure(code: errno) }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// What came up to the first `text`, to `bytes` bytes or to the end of the connection.
    func receive(until text: String? = nil, bytes limit: Int = .max) async throws -> String {
        let descriptor = descriptor
        let bytes = try await blocking {
            var received: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: text == nil ? 65536 : 1)
            while received.count < limit {
                let count = recv(descriptor, &buffer, min(buffer.count, limit - received.count), 0)
                guard count >= 0 else { throw Failure(code: errno) }
                if count == 0 { break }
                received += buffer.prefix(count)
                if let text, received.suffix(text.utf8.count).elementsEqual(text.utf8) { break }
            }
            return received
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

private func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(with: Result { try body() }) }
    }
}
