/// Five: whoever loses so often writes against a loop, and had better be told.
private let patchAttempts = 5

/// Patches settings: what others change between reading and writing is read again; who wants to be told gives If-Match.
/// Throws a `Problem`, also where others were faster each time.
///
/// - Parameter attempt: reads, changes and writes; nil where it has been changed meanwhile.
func patching<Item>(_ what: String, _ attempt: () async throws -> Item?) async throws -> Item {
    for _ in 0..<patchAttempts {
        if let item = try await attempt() { return item }
    }
    throw Problem.changedMeanwhile(what)
}
