import Glibc
import Synchronization

private let handedOut = Mutex<Set<UInt16>>([])

/// A TCP port of 127.0.0.1 that nothing listens on, and that this process gives out once. It lies below the range from
/// which Linux takes the ports of outgoing connections, so that none of those gets it before it is listened on.
package func freePort() throws -> UInt16 {
    for _ in 0..<100 {
        let port = UInt16.random(in: 20_000..<32_000)
        let isNew = handedOut.withLock { $0.insert(port).inserted }
        if isNew, canBind(port) { return port }
    }
    throw NeverHappened("A free TCP port was not found in 100 attempts")
}

private func canBind(_ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}
