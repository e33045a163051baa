import Model
import Testing

struct HopByHopTests {
    @Test(arguments: ["connection", "keep-alive", "te", "transfer-encoding", "upgrade", "host", "content-length"])
    func staysBehind(_ name: String) { #expect(HopByHop.contains(name)) }

    @Test(arguments: ["content-type", "authorization", "accept-encoding", "via", "x-connection", ""])
    func isForwarded(_ name: String) { #expect(!HopByHop.contains(name)) }

    @Test(arguments: [
        ("close", ["close"]),
        ("Keep-Alive, X-Private", ["keep-alive", "x-private"]),
        (" a ,\tB\t,, c", ["a", "b", "c"]),
        ("", []),
    ])
    func namedByConnection(_ value: String, _ names: [String]) { #expect(HopByHop.named(by: value) == names) }
}
