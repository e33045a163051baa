import Glibc
import TestSupport

/// A port at which connections are neither taken nor refused: it listens, nobody accepts, and its queue is full.
final class FullBacklog: Sendable {
    let port: UInt16
    private let descriptors: [Int32]

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        var length = size
        var all = [listener]
        let isFull = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                guard bind(listener, pointer, size) == 0, listen(listener, 0) == 0,
                    getsockname(listener, pointer, &length) == 0
                else { return false }
                for _ in 0..<4 {
                    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
                    all.append(client)
                    _ = connect(client, pointer, size)
                }
                return true
            }
        }
        descriptors = all
        port = UInt16(bigEndian: address.sin_port)
        guard isFull else { throw NeverHappened("no port with a full backlog: errno \(errno)") }
    }

    deinit { for descriptor in descriptors { close(descriptor) } }
}
