import Dispatch
import Glibc

/// A socket to loopback that sends what it is told, HTTP or not. Its calls block threads of its own, one to send and
/// one to receive, and fail after forty seconds.
final class RawConnection: Sendable {
    struct Failure: Error, Equatable {
        var code: Int32
    }

    private let descriptor: Int32
    private let sending = DispatchQueue(label: "sending")
    private let receiving = DispatchQueue(label: "receiving")

    init(port: Int) async throws {
        descriptor = try await sending.blocking {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var patience = timeval(tv_sec: 40, tv_usec: 0)
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

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        let descriptor = descriptor
        try await sending.blocking {
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

    /// No more will be sent.
    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next answer. `hasBody` is false for that to a HEAD.
    func answer(hasBody: Bool = true) async throws -> Answer {
        var head: [UInt8] = []
        let end = Array("\r\n\r\n".utf8)
        while head.suffix(4) != end[...] { head += try await receive(1) }
        var answer = Answer(head: String(decoding: head, as: UTF8.self))
        let length = hasBody && answer.status >= 200 ? answer["content-length"].flatMap { Int($0) } ?? 0 : 0
        while answer.body.count < length { answer.body += try await receive(length - answer.body.count) }
        return answer
    }

    /// What comes, up to a text that must come.
    func text(upTo end: String) async throws -> String {
        var bytes: [UInt8] = []
        let end = Array(end.utf8)
        while bytes.suffix(end.count) != end[...] { bytes += try await receive(1) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether the gateway has closed its side, and not cut the connection.
    func isEnded() async throws -> Bool {
        let descriptor = descriptor
        return try await receiving.blocking {
            var byte: UInt8 = 0
            let count = recv(descriptor, &byte, 1, 0)
            guard count >= 0 else { throw Failure(code: errno) }
            return count == 0
        }
    }

    private func receive(_ limit: Int) async throws -> [UInt8] {
        let descriptor = descriptor
        return try await receiving.blocking {
            var buffer = [UInt8](repeating: 0, count: limit)
            let count = recv(descriptor, &buffer, limit, 0)
            guard count > 0 else { throw Failure(code: count == 0 ? 0 : errno) }
            return Array(buffer.prefix(count))
        }
    }
}

extension DispatchQueue {
    fileprivate func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            async { continuation.resume(with: Result { try body() }) }
        }
    }
}
