import Postgres

/// The ways to the gateway's one database.
struct DatabaseConnections {
    /// For what lives in a transaction; perhaps through a pooler.
    var transactions: ConnectionSettings
    /// For what needs a session: LISTEN, the lock of migrations, VACUUM.
    let sessions: ConnectionSettings
    /// For lists, which may be some seconds old.
    var replica: ConnectionSettings?

    init(_ connection: ConnectionSettings) {
        transactions = connection
        sessions = connection
    }
}
