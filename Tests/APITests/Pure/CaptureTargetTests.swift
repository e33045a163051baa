import Testing

@testable import API

@Suite struct CaptureTargetTests {
    @Test(
        arguments: [
            ("/in/x", "x", "", nil), ("/in/x/", "x", "/", nil), ("/in/x?a=1", "x", "", "a=1"),
            ("/in/x/?", "x", "/", ""),
            ("/in/x/a%2Fb/../%zz//c;d", "x", "/a%2Fb/../%zz//c;d", nil),
            ("/in/x/a?b?c=%20+/d", "x", "/a", "b?c=%20+/d"),
            ("/in/", "", "", nil), ("/in//a", "", "/a", nil), ("/in/?a", "", "", "a"),
        ] as [(String, String, String, String?)])
    func splits(_ target: String, _ destination: String, _ path: String, _ query: String?) {
        let capture = CaptureTarget(target)
        #expect(capture.destination == destination)
        #expect(capture.path == path)
        #expect(capture.query.map { String($0) } == query)
    }

    @Test(arguments: [
        ("/in/x/%00?a=%23", true), ("/in/x/ä", true), ("/in/x/a b", false), ("/in/x/\t", false), ("/in/x/\0", false),
        ("/in/x/\u{7f}", false), ("/in/x#a", false), ("/in/x/\u{fffd}", false),
    ])
    func findsWhatMustBeEncoded(_ target: String, _ isClean: Bool) {
        #expect(CaptureTarget.isClean(target) == isClean)
    }
}
