import Foundation
import TestSupport

/// HAProxy before some API processes, as in production: it asks `/readyz`, and keeps connections open on both sides.
struct Proxy {
    static let program: URL? = ["/usr/sbin/haproxy", "/usr/local/sbin/haproxy", "/usr/bin/haproxy"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }.map { URL(fileURLWithPath: $0) }

    let url: String

    /// - Parameter backends: ports of this machine.
    static func start(_ processes: Processes, before backends: [UInt16]) async throws -> Proxy {
        guard let program else { throw NeverHappened("HAProxy is not installed: scripts/install.sh does it") }
        let port = try freePort()
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("haproxy-\(port).cfg")
        try Data(configuration(port, backends).utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = try processes.start(["-db", "-q", "-f", file.path], program: program)
        let proxy = Proxy(url: "http://127.0.0.1:\(port)")
        try await eventually {
            guard process.status == nil else { throw NeverHappened("HAProxy ended: \(process.errors)") }
            return (try? await Caller(url: proxy.url, key: "").status(of: "/readyz")) == 200
        }
        return proxy
    }

    /// A check every 200 ms, of which one that fails is enough. No request is sent twice: what gets lost shows.
    private static func configuration(_ port: UInt16, _ backends: [UInt16]) -> String {
        let servers = backends.map { "    server api\($0) 127.0.0.1:\($0) check inter 200ms fall 1 rise 1" }
        return """
            global
                maxconn 200
            defaults
                mode http
                timeout connect 2s
                timeout client 30s
                timeout server 30s
                retries 0
            frontend callers
                bind 127.0.0.1:\(port)
                default_backend api
            backend api
                balance roundrobin
                http-reuse always
                option httpchk
                http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host gateway
                http-check expect status 200
            \(servers.joined(separator: "\n"))

            """
    }
}
