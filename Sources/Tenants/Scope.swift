/// What a key is good for.
package enum Scope: String, CaseIterable, Sendable {
    /// Storing requests.
    case ingest
    /// Looking at what the tenant has.
    case read
    /// Changing it.
    case manage
    /// Evaluating flags, from where the key can't be kept secret.
    case flagsClient = "flags-client"
}
