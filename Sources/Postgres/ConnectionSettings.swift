internal import CLibpq

/// Where and how to connect, as libpq's own keywords; everything that libpq understands passes through.
package struct ConnectionSettings: Sendable {
    /// Keywords and values of libpq, in order.
    private(set) var options: [(keyword: String, value: String)]
    /// Between the client and the server is a pooler in transaction mode: each transaction may have another session.
    package private(set) var isPooled = false

    /// Takes a URL (`postgresql://...`) or a keyword string (`host=... dbname=...`).
    package init(_ connectionString: String) throws {
        var message: UnsafeMutablePointer<CChar>?
        guard let parsed = PQconninfoParse(connectionString, &message) else {
            // libpq's message quotes the string, which may hold a password.
            PQfreemem(message)
            throw PostgresError(
                .badConnectionString,
                "the connection string is neither a URL (postgresql://user@host/database) nor keyword=value pairs")
        }
        defer { PQconninfoFree(parsed) }
        options = []
        var entry = parsed
        while let keyword = entry.pointee.keyword {
            if let value = entry.pointee.val { options.append((String(cString: keyword), String(cString: value))) }
            entry += 1
        }
    }

    package subscript(keyword: String) -> String? {
        options.last { $0.keyword == keyword }?.value
    }

    /// Sets a keyword over what the connection string says.
    package func with(_ keyword: String, _ value: String) -> ConnectionSettings {
        var copy = self
        copy.options.removeAll { $0.keyword == keyword }
        copy.options.append((keyword, value))
        return copy
    }

    /// Sets a keyword where the connection string does not.
    package func defaulting(_ keyword: String, _ value: String) -> ConnectionSettings {
        self[keyword] == nil ? with(keyword, value) : self
    }

    /// Says that they lead to a pooler in transaction mode.
    package func throughPooler() -> ConnectionSettings {
        var copy = self
        copy.isPooled = true
        return copy
    }

    /// The same servers, beginning with the `turn`th of the list. libpq gives up on a whole list when one server
    /// hangs and our time-out ends the attempt; the next attempt must not begin with the same one.
    func rotated(by turn: Int) -> ConnectionSettings {
        var copy = self
        for keyword in ["host", "hostaddr", "port"] {
            guard let value = copy[keyword] else { continue }
            let parts = value.split(separator: ",", omittingEmptySubsequences: false)
            guard parts.count > 1 else { continue }
            let first = turn % parts.count
            copy = copy.with(keyword, (parts[first...] + parts[..<first]).joined(separator: ","))
        }
        return copy
    }
}
