import FoundationEssentials
import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

/// `sluice.enqueue`, in transactions of the caller's own.
@Suite struct EnqueueTests {
    private func enqueue(_ arguments: String, on site: Site) async throws -> RequestID {
        RequestID(try await site.client.value(Statement("SELECT sluice.enqueue(\(arguments))"), as: UUID.self))
    }

    /// A row of the caller's and a request, in one transaction.
    private func sell(_ number: Int, on site: Site, end: String) async throws {
        try await site.client.withConnection { lease in
            for sql in [
                "BEGIN", "INSERT INTO invoice VALUES (\(number))",
                "SELECT sluice.enqueue('acme', 'billing', 'invoice \(number)', path => '/i', query => 'a=%20')", end,
            ] {
                _ = try await lease.execute(Statement(sql))
            }
        }
    }

    /// What the channel says that asks for lanes to be armed, from now on.
    private func listen(_ site: Site) async throws -> Shared<[String]> {
        let (heard, isConnected) = (Shared<[String]>([]), Shared(false))
        _ = site.database.client { configuration in
            configuration.channels = [ArmLoop.channel]
            configuration.onEvent = { event in
                switch event {
                case .connected: isConnected.update { $0 = true }
                case .notification(_, let payload): heard.update { $0.append(payload) }
                case .disconnected: break
                }
            }
        }
        try await eventually { isConnected.value }
        return heard
    }

    @Test func isStoredWithTheCallersRowsOrNotAtAll() async throws {
        try await withSite { site in
            let destination = try await site.destination("billing", of: try await site.tenant("acme"))
            _ = try await site.client.execute(Statement("CREATE TABLE invoice (number integer)"))
            let heard = try await listen(site)

            try await sell(1, on: site, end: "ROLLBACK")
            #expect(try await site.client.count("invoice") == 0)
            #expect(try await site.client.count("sluice.request") == 0)
            #expect(try await site.client.backlog(destination.lane) == 0)

            try await sell(2, on: site, end: "COMMIT")
            #expect(try await site.client.count("invoice") == 1)
            // That of the rollback would have come before.
            try await eventually { !heard.value.isEmpty }
            #expect(heard.value == ["\(Site.shard):\(destination.lane.number)"])
            try await site.deliveries.arm([destination.lane])
            let delivery = try #require(try await site.claim().first)
            #expect(delivery.body == Array("invoice 2".utf8))
            #expect(delivery.method == "POST" && delivery.path == "/i" && delivery.query == "a=%20")
        }
    }

    @Test func takesWhatEnvelopesTake() async throws {
        try await withSite { site in
            let destination = try await site.destination("billing", of: try await site.tenant("acme"))
            let request = try await enqueue(
                """
                'acme', 'billing', '\\x00ff'::bytea, method => 'PUT', headers => '{"X-A": ["1", "2"], "X-B": ""}',
                due_at => now() - interval '1 hour', expires_at => now() + interval '1 hour'
                """, on: site)
            #expect(try await site.client.count("sluice.expiry") == 1)
            try await site.deliveries.arm([destination.lane])
            let delivery = try #require(try await site.claim().first)
            #expect(delivery.request == request)
            #expect(delivery.body == [0x00, 0xff])
            #expect(delivery.method == "PUT" && delivery.path.isEmpty && delivery.query == nil)
            #expect(delivery.headers == HeaderLines(text: "X-A: 1\nX-A: 2\nX-B: \n"))

            _ = try await enqueue("'acme', 'billing', 'later', due_at => now() + interval '1 hour'", on: site)
            try await site.deliveries.arm([destination.lane])
            #expect(try await site.claim().isEmpty)
        }
    }

    /// The lane of a key is the one that the gateway takes.
    @Test func anOrderedDestinationHasOneLaneAKey() async throws {
        try await withSite { site in
            let destination = try await site.ordered(8, "ledger", of: try await site.tenant("acme"))
            func lanes(_ request: RequestID) async throws -> [Int64] {
                try await site.client.value(
                    Statement("SELECT lanes FROM sluice.request WHERE request_id = $1"), Parameters(request.uuid))
            }
            var requests: [RequestID] = []
            for key in destination.keys + ["ä"] {
                let request = try await enqueue("'acme', 'ledger', 'x', ordering_key => '\(key)'", on: site)
                let lane = destination.lane(of: request, orderedBy: OrderingKey(key))
                #expect(try await lanes(request) == [lane.number], "\(key)")
                requests.append(request)
            }
            for _ in 0..<8 {
                let request = try await enqueue("'acme', 'ledger', 'x'", on: site)
                #expect(try await lanes(request) == [destination.lane(of: request, orderedBy: nil).number])
                requests.append(request)
            }
            let ids = requests.map(\.uuid.uuidString)
            #expect(ids == ids.sorted())
        }
    }

    @Test func aKeyStandsForOneRequestOfATenant() async throws {
        try await withSite { site in
            for name in ["acme", "globex"] {
                _ = try await site.destination("billing", of: try await site.tenant(name))
            }
            let first = try await enqueue("'acme', 'billing', 'x', idempotency_key => 'k'", on: site)
            #expect(try await enqueue("'acme', 'billing', 'x', idempotency_key => 'k'", on: site) == first)
            #expect(try await enqueue("'globex', 'billing', 'x', idempotency_key => 'k'", on: site) != first)
            #expect(try await site.client.count("sluice.request") == 2)
            let error = await #expect(throws: PostgresError.self) {
                try await enqueue("'acme', 'billing', 'y', idempotency_key => 'k'", on: site)
            }
            #expect(error?.constraint == "idempotency_key_is_of_one_payload")
            #expect(try await site.client.count("sluice.ready") == 2)
            let fingerprint: String = try await site.client.value(
                Statement(
                    """
                    SELECT encode(sluice.payload_fingerprint(
                        '018f0000-0000-7000-8000-00000000000c', 'POST', '/hé', NULL, '\\x00ff'), 'hex')
                    """))
            #expect(fingerprint == "68631ac8a254c846310d53a50428fcf6")
        }
    }

    /// A deletion that begins meanwhile waits, and counts what was enqueued.
    @Test func itsDestinationIsDeletedAfterTheCommit() async throws {
        try await withSite(connections: 3) { site in
            _ = try await site.destination("billing", of: try await site.tenant("acme"))
            let delete = Statement("SELECT sluice.delete_destination('acme', 'billing')")
            let other = site.database.client()
            try await site.client.withConnection { lease in
                try await lease.execute(Statement("BEGIN"))
                try await lease.execute(Statement("SELECT sluice.enqueue('acme', 'billing', 'x')"))
                let deletion = Task { try await other.execute(delete) }
                try await waitForALock(in: site)
                // Changing it waits for nobody.
                _ = try await site.destination("billing", of: try await site.tenants.requireTenant(named: "acme").id)
                try await lease.execute(Statement("COMMIT"))
                let error = await #expect(throws: PostgresError.self) { try await deletion.value }
                #expect(error?.sqlState == "55000")
            }
        }
    }

    @Test func refusesWhatCanNotBeDelivered() async throws {
        try await withSite { site in
            let acme = try await site.tenant("acme")
            for name in ["billing", "leaving"] { _ = try await site.destination(name, of: acme) }
            _ = try await site.destination("crm", of: try await site.tenant("globex"))
            _ = try await site.destination("crm", of: try await site.tenant("late"))
            for sql in ["SELECT sluice.delete_destination('acme', 'leaving')", "SELECT sluice.suspend_tenant('late')"] {
                _ = try await site.client.execute(Statement(sql))
            }
            for (arguments, state, words) in [
                ("'nobody', 'billing', 'x'", "P0002", "there is no tenant nobody"),
                ("'acme', 'nothing', 'x'", "P0002", "has no destination nothing"),
                ("'acme', 'crm', 'x'", "P0002", "has no destination crm"),
                ("'acme', 'leaving', 'x'", "55000", "is being deleted"),
                ("'late', 'crm', 'x'", "55000", "is suspended"),
                ("'acme', 'billing', 'x', method => 'CONNECT'", "22023", "method"),
                ("'acme', 'billing', 'x', path => 'x'", "22023", "path"),
                ("'acme', 'billing', 'x', path => '/x?'", "22023", "path"),
                ("'acme', 'billing', 'x', query => 'a b'", "22023", "query"),
                (#"'acme', 'billing', 'x', headers => '{"Host": "x"}'"#, "22023", "Host is set by the gateway"),
                (#"'acme', 'billing', 'x', headers => '{"sluice-x": "x"}'"#, "22023", "is set by the gateway"),
                (#"'acme', 'billing', 'x', headers => '{"X": 1}'"#, "22023", "must be a string"),
                (#"'acme', 'billing', 'x', headers => '{"X": ["a", []]}'"#, "22023", "must be a string"),
                (#"'acme', 'billing', 'x', headers => '{"X": "a\nb"}'"#, "22023", "control characters"),
                (#"'acme', 'billing', 'x', headers => '{"X Y": "a"}'"#, "22023", "not a header's name"),
                ("'acme', 'billing', 'x', due_at => now() + interval '91 days'", "22023", "90 days"),
                ("'acme', 'billing', 'x', expires_at => now()", "22023", "expires_at"),
                ("'acme', 'billing', 'x', ordering_key => ''", "22023", "ordering_key"),
                ("'acme', 'billing', NULL::bytea", "22004", "NULL"),
            ] {
                let error = await #expect(throws: PostgresError.self, "\(arguments)") {
                    try await enqueue(arguments, on: site)
                }
                #expect(error?.sqlState == state && error?.message.contains(words) == true, "\(arguments)")
            }
            #expect(try await site.client.count("sluice.request") == 0)
        }
    }
}
