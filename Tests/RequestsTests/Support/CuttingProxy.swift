import Glibc
import Synchronization
import TestSupport

/// Forwards TCP to a server on this machine. When told to, it reads the server's next whole answer, which a server
/// gives after it has committed, keeps it to itself and cuts the connection.
final class CuttingProxy: Sendable {
    let port: UInt16
    private let upstream: UInt16
    private let listener: Int32
    private let answersToSwallow = Mutex(0)
    private let swallowed = Mutex(0)

    var cuts: Int { swallowed.withLock { $0 } }

    init(to upstream: UInt16) throws {
        self.upstream = upstream
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port: 0)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        var length = size
        let descriptor = listener
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isListening else { throw NeverHappened("no port for the proxy: errno \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
        spawn { [self] in accept() }
    }

    func cutAfterNextCommit() { answersToSwallow.withLock { $0 += 1 } }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { break }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = loopback(port: upstream)
            let isConnected = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard isConnected else {
                close(client)
                close(server)
                continue
            }
            spawn { [self] in pump(from: client, to: server) { _ in true } }
            spawn { [self] in pump(from: server, to: client, passes: mayPass) }
        }
        close(listener)
    }

    /// Holds back whatever is not whole, so that a cut answer is one whose commit is over.
    private func mayPass(_ answer: ArraySlice<UInt8>) -> Bool? {
        answersToSwallow.withLock { left in
            guard left > 0 else { return true }
            let readyForQuery: [UInt8] = [UInt8(ascii: "Z"), 0, 0, 0, 5, UInt8(ascii: "I")]
            guard answer.suffix(6) == readyForQuery[...] else { return nil }
            left -= 1
            swallowed.withLock { $0 += 1 }
            return false
        }
    }

    /// `passes` is asked about all bytes that were read and not yet written: true writes them, false cuts, nil waits.
    private func pump(from source: Int32, to sink: Int32, passes: (ArraySlice<UInt8>) -> Bool?) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var held: [UInt8] = []
        loop: while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { break }
            held += buffer[..<count]
            switch passes(held[...]) {
            case nil: continue
            case false: break loop
            case true:
                guard send(sink, held, held.count, Int32(MSG_NOSIGNAL)) == held.count else { break loop }
                held = []
            }
        }
        // Each pump ends the other; descriptors are few and go with the process.
        shutdown(source, Int32(SHUT_RDWR))
        shutdown(sink, Int32(SHUT_RDWR))
    }
}

private func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = port.bigEndian
    return address
}

/// A thread of its own: the calls block.
private func spawn(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Body(run: body))
    pthread_create(
        &thread, nil,
        { context in
            guard let context else { return nil }
            Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
            return nil
        }, box.toOpaque())
    pthread_detach(thread)
}

private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(run: @escaping @Sendable () -> Void) { self.run = run }
}
