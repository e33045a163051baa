import SettingsEngine
import Testing

@Suite struct SpellingTests {
    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("", "abc", 3), ("port", "port", 0), ("prot", "port", 1), ("pot", "port", 1),
        ("porrt", "port", 1), ("pork", "port", 1), ("ca", "abc", 3), ("kitten", "sitting", 3),
    ])
    func distances(_ one: String, _ other: String, _ distance: Int) {
        #expect(Spelling.distance(one, other) == distance)
        #expect(Spelling.distance(other, one) == distance)
    }

    @Test(arguments: [
        ("worker_concurency", "worker_concurrency"), ("workers_concurrency", "worker_concurrency"),
        ("prot", "port"), ("hots", "host"), ("worker_drian", "worker_drain"), ("nothing_like_it", nil), ("x", nil),
    ])
    func nearest(_ name: String, _ meant: String?) {
        let known = ["host", "port", "worker_concurrency", "worker_drain"]
        #expect(Spelling.nearest(to: name, among: known) == meant)
    }

    @Test func ofEqualsTheFirst() {
        #expect(Spelling.nearest(to: "bort", among: ["sort", "port"]) == "port")
        #expect(Spelling.nearest(to: "port", among: []) == nil)
    }

    /// As Kubernetes sets them for services called sluice and sluice-worker.
    @Test(arguments: [
        ("SLUICE_SERVICE_HOST", "10.0.0.1"), ("SLUICE_SERVICE_PORT", "8080"), ("SLUICE_SERVICE_PORT_HTTP", "8080"),
        ("SLUICE_PORT", "tcp://10.0.0.1:8080"), ("SLUICE_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("SLUICE_PORT_8080_TCP_PROTO", "tcp"), ("SLUICE_PORT_8080_TCP_PORT", "8080"),
        ("SLUICE_PORT_8080_TCP_ADDR", "10.0.0.1"), ("SLUICE_WORKER_SERVICE_HOST", "10.0.0.1"),
        ("SLUICE_WORKER_PORT", "udp://10.0.0.1:53"),
    ])
    func serviceLinks(_ variable: String, _ value: String) { #expect(ServiceLink.matches(variable, value)) }

    @Test(arguments: [
        ("SLUICE_PORT", "8080"), ("SLUICE_PORT", "http://a"), ("SLUICE_HOST", "tcp://a"), ("SLUICE_SERVICE", "x"),
        ("SLUICE_PORT_X", "tcp://a"),
    ])
    func noServiceLinks(_ variable: String, _ value: String) { #expect(!ServiceLink.matches(variable, value)) }
}
