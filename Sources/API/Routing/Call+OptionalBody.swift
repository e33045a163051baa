import JSON

extension Call {
    /// As `withMembers`, of a body that may be left out.
    func withOptionalMembers(
        limit: Int = 4 << 10, _ member: (inout JSONScanner, String) throws -> Bool
    ) async throws {
        try await withBody(limit: limit) { body in
            guard !body.isEmpty else { return }
            var scanner = try JSONScanner(body)
            try scanner.members(member)
            try scanner.requireEnd()
        }
    }

    /// Of a command that says all by its path: the body is empty, or an empty object.
    func withNoBody() async throws { try await withOptionalMembers { _, _ in false } }
}
