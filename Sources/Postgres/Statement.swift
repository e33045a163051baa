/// SQL with what it takes and gives. A named statement is prepared on every connection of its client; one without a
/// name is parsed each time it is sent.
package struct Statement: Sendable, Hashable {
    package struct Value: Sendable, Hashable {
        package let name: String
        package let type: PostgresType
    }

    package let name: String
    package let sql: String
    /// nil: not declared, so neither the client nor a test can compare it with what is sent.
    package let parameters: [Value]?
    package let columns: [Value]

    package init(name: String, sql: String, parameters: [Value], columns: [Value]) {
        self.name = name
        self.sql = sql
        self.parameters = parameters
        self.columns = columns
    }

    package init(_ sql: String) {
        name = ""
        self.sql = sql
        parameters = nil
        columns = []
    }

    func check(_ types: [PostgresType]) throws {
        guard let parameters else { return }
        guard parameters.count == types.count, zip(parameters, types).allSatisfy({ $0.type == $1 }) else {
            let declared = parameters.map(\.type.name).joined(separator: ", ")
            let given = types.map(\.name).joined(separator: ", ")
            throw PostgresError(.mismatch, "takes (\(declared)), was given (\(given))", statement: name)
        }
    }
}

extension Statement {
    /// Reads the statements of a query file. Each begins with a head of comment lines:
    ///
    ///     -- name: requests.claim
    ///     -- Prose.
    ///     -- $1 shard int2
    ///     -- > lane_id int8
    ///
    /// `$n` declares a parameter, `>` a result column, both as name and type. The SQL follows, up to the next head.
    package static func parse(_ text: String) throws -> [Statement] {
        var statements: [Statement] = []
        var draft: Draft?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("-- name: ") {
                if let draft { statements.append(draft.statement) }
                draft = Draft(name: String(line.dropFirst(9)))
            } else {
                try draft?.add(line)
            }
        }
        if let draft { statements.append(draft.statement) }
        return statements
    }

    private struct Draft {
        let name: String
        var parameters: [Value] = []
        var columns: [Value] = []
        var sql = ""

        init(name: String) { self.name = name }

        mutating func add(_ line: Substring) throws {
            if sql.isEmpty, line.hasPrefix("-- $") {
                parameters.append(try value(line.dropFirst(3).drop { $0 != " " }))
            } else if sql.isEmpty, line.hasPrefix("-- > ") {
                columns.append(try value(line.dropFirst(5)))
            } else if !(sql.isEmpty && line.hasPrefix("--")) {
                sql += line + "\n"
            }
        }

        private func value(_ declaration: Substring) throws -> Value {
            let words = declaration.split(separator: " ")
            guard words.count >= 2, let type = PostgresType(name: words[1]) else {
                throw PostgresError(.mismatch, "\"\(declaration)\" is not a name and a type", statement: name)
            }
            return Value(name: String(words[0]), type: type)
        }

        /// A trailing semicolon is for psql and editors; the protocol takes none.
        var statement: Statement {
            var sql = Substring(sql)
            while let last = sql.last, last.isWhitespace || last == ";" { sql.removeLast() }
            return Statement(name: name, sql: String(sql), parameters: parameters, columns: columns)
        }
    }
}
