import Testing

@testable import API

@Suite struct PreferenceTests {
    @Test(arguments: [
        ("wait=1", 1), ("wait=60", 60), ("wait=61", 60), ("wait=99999999999999999999", 60), ("Wait = 5", 5),
        ("respond-async, wait=7", 7), ("wait=\"8\"", 8), ("wait=9; x=y", 9), ("a;wait=1, wait=2", 2), (" wait=3 ", 3),
        ("wait=4, wait=5", 4), ("wait=007", 7),
    ])
    func waits(_ field: String, _ seconds: Int) {
        #expect(Preference(prefer: field)?.seconds == seconds)
    }

    @Test(arguments: [
        "", "wait", "wait=", "wait=0", "wait=-1", "wait=1.5", "wait=x", "wait=1 2", "waits=1", "respond-async",
        "wait=\"\"",
        "wait=\"1", ",", "=1", "wait=+1", "wait=0, wait=5", "wait=１",
    ])
    func doesNot(_ field: String) {
        #expect(Preference(prefer: field) == nil)
    }
}
