import Model
import Testing

@Suite struct SlugTests {
    @Test(
        arguments: ["a", "acme", "a.b-c_d", "0", String(repeating: "a", count: 63)].map { ($0, true) }
            + [
                "", "Acme", "-a", ".a", "a b", "a/b", "аcme", "acmé", "acme\u{200b}", "a\u{0}", "ａcme",
                String(repeating: "a", count: 64),
            ].map { ($0, false) })
    func namesThings(_ name: String, _ isSlug: Bool) {
        #expect(name.isSlug == isSlug)
    }
}
