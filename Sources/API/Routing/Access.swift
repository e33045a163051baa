import Tenants

/// What the doors share: who is an operator, and where uses of keys and flags are noted.
struct Access: Sendable {
    /// nil: nobody is.
    var operatorToken: OperatorToken?
    var uses = KeyUses()
    var flagUses = FlagUses()
}
