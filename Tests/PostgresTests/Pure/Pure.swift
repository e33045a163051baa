import Testing

/// Tests that need no server; they run under the thread sanitizer too: `scripts/test.sh`.
@Suite enum Pure {}
