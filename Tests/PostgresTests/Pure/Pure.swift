import Testing

/// Tests that need no server; they run under the thread sanitizer too: `swift test --sanitize thread --filter Pure`.
@Suite enum Pure {}
