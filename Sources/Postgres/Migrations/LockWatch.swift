import Logging
import Synchronization

/// Sees who keeps a session waiting for locks, and tells of it.
final class LockWatch: Sendable {
    private struct Sight {
        var sessions = ""
        var description = ""
    }

    private let interval: Duration
    private let logger: Logger
    private let last = Mutex(Sight())

    /// - Parameter interval: between two looks; shorter than the wait for one lock.
    init(every interval: Duration, logger: Logger) {
        self.interval = interval
        self.logger = logger
    }

    /// Who was in the way when there last was somebody; empty: nobody has been seen.
    var description: String { last.withLock { $0.description } }

    /// Looks until it is cancelled.
    ///
    /// - Parameter client: sees nothing while the watched session is its only connection.
    func run(session: Int32, through client: Client) async {
        while (try? await Task.sleep(for: interval)) != nil {
            guard let row = try? await client.query(Self.blockers, Parameters(session), within: .seconds(1)).first,
                let sessions = try? row.decode(0, as: String.self), !sessions.isEmpty,
                let description = try? row.decode(1, as: String.self)
            else { continue }
            let isNew = last.withLock { sight in
                defer { sight = Sight(sessions: sessions, description: description) }
                return sight.sessions != sessions
            }
            if isNew { logger.notice("the migration waits for a lock", metadata: ["held by": "\(description)"]) }
        }
    }

    /// Of sessions of other logins PostgreSQL tells the process alone, except to members of pg_read_all_stats.
    private static let blockers = Statement(
        """
        SELECT coalesce(string_agg(a.pid::text, ',' ORDER BY a.pid), ''),
               coalesce(string_agg(format('process %s (%s, %s%s)', a.pid,
                   coalesce(nullif(a.application_name, ''), a.backend_type, 'unknown'), a.usename,
                   ', for ' || extract(epoch FROM clock_timestamp() - a.xact_start)::bigint || ' s'), ', ' ORDER BY a.pid), '')
        FROM (SELECT DISTINCT b.pid FROM unnest(pg_blocking_pids($1)) AS b (pid) LIMIT 5) b
        JOIN pg_stat_activity a ON a.pid = b.pid
        """)
}
