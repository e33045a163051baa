import FlagEngine
import JSON
import Model
import Postgres
import TestSupport
import Testing

@testable import Tenants

struct FlagStoreTests {
    private struct Parts: Sendable {
        let store: TenantStore
        let client: Client
        let tenant: Tenant
        let environment: FlagEnvironment
        let loop: SnapshotLoop

        var author: FlagAuthor { FlagAuthor("tester", reason: "a test") }

        @discardableResult
        func put(_ key: String, _ definition: String, expected: Int64? = nil) async throws -> Int64 {
            let set = try await store.flagSet(environment)
            let flag = try CheckedFlag(key, try JSONValue(parsing: Array(definition.utf8)), for: set)
            return try await store.putFlag(flag, in: environment, expected: expected, by: author)
        }

        /// As a process sees it that has been told.
        func variant(_ key: String, _ context: JSONObject = [:]) async throws -> String? {
            try await loop.load()
            return loop.current.flags(environment)?.compiled.all.evaluate(key, EvaluationContext(context), at: 0)
                .variant
        }

        func version() async throws -> Int64 { try await store.flagSet(environment)?.version ?? 0 }
    }

    private static let onOff =
        #"{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}"#
    private static let on = onOff.replacing(#": "off"}"#, with: #": "on"}"#)

    private func withParts(_ body: (Parts) async throws -> Void) async throws {
        try await withStore { store, client in
            let tenant = try await store.createTenant(named: "acme")
            let loop = SnapshotLoop(store, logger: quiet)
            try await loop.load()
            try await body(
                Parts(
                    store: store, client: client, tenant: tenant,
                    environment: FlagEnvironment(tenant: tenant.id, shard: tenant.shard), loop: loop))
        }
    }

    @Test func aFlagIsMadeChangedAndSeen() async throws {
        try await withParts { parts in
            #expect(try await parts.put("f", Self.onOff, expected: 0) == 1)
            #expect(try await parts.variant("f") == "off")
            #expect(try await parts.put("f", Self.on, expected: 1) == 2)
            #expect(try await parts.variant("f") == "on")
            let stored = try #require(try await parts.store.flag("f", in: parts.environment))
            #expect(stored.version == 2 && stored.valueType == .boolean && stored.archivedAt == nil)
            for expected in [Int64(0), 1, 3] {
                await #expect(throws: FlagRefusal.stale) { try await parts.put("f", Self.on, expected: expected) }
            }
            #expect(try await parts.version() == 2)
        }
    }

    @Test func revisionsSayWhoWhenAndWhyAndLeadBack() async throws {
        try await withParts { parts in
            for definition in [Self.onOff, Self.on] { try await parts.put("f", definition) }
            try await parts.store.archiveFlag("f", in: parts.environment, expected: 2, by: parts.author)
            #expect(try await parts.variant("f") == nil)
            await #expect(throws: FlagRefusal.unknownFlag) {
                try await parts.store.archiveFlag("f", in: parts.environment, by: parts.author)
            }
            for version in [Int64(3), 9] {
                await #expect(throws: FlagRefusal.unknownRevision) {
                    try await parts.store.revertFlag("f", to: version, in: parts.environment, by: parts.author)
                }
            }
            #expect(try await parts.store.revertFlag("f", to: 1, in: parts.environment, by: parts.author) == 4)
            #expect(try await parts.variant("f") == "off")
            let revisions = try await parts.store.revisions(of: "f", limit: 10, in: parts.environment)
            #expect(revisions.map(\.source) == ["revert", "archive", "edit", "edit"])
            #expect(revisions.map(\.version) == [4, 3, 2, 1] && revisions.map(\.setVersion) == [4, 3, 2, 1])
            #expect(revisions.allSatisfy { $0.actor == "tester" && $0.reason == "a test" })
            #expect(revisions[1].definition == nil && revisions[0].definition == revisions[3].definition)
        }
    }

    /// The kill switch asks for no version, and a second time changes nothing.
    @Test func aKillIsIdempotent() async throws {
        try await withParts { parts in
            let targeted = Self.on.replacing(
                #""defaultVariant""#, with: #""targeting": {"if": [true, "on", "off"]}, "defaultVariant""#)
            try await parts.put("f", targeted)
            for _ in 0..<3 {
                #expect(try await parts.store.killFlag("f", in: parts.environment, by: parts.author) == 2)
            }
            try await parts.loop.load()
            let flags = try #require(parts.loop.current.flags(parts.environment)?.compiled.all)
            #expect(flags.evaluate("f", EvaluationContext(), at: 0).reason == .disabled)
            for _ in 0..<2 {
                #expect(
                    try await parts.store.killFlag("f", to: "off", in: parts.environment, by: parts.author) == 3)
            }
            #expect(try await parts.variant("f") == "off")
            await #expect(throws: FlagRefusal.unknownVariant) {
                try await parts.store.killFlag("f", to: "maybe", in: parts.environment, by: parts.author)
            }
            await #expect(throws: FlagRefusal.unknownFlag) {
                try await parts.store.killFlag("g", in: parts.environment, by: parts.author)
            }
            #expect(try await parts.store.revertFlag("f", to: 1, in: parts.environment, by: parts.author) == 4)
            #expect(try await parts.variant("f") == "on")
        }
    }

    @Test func versionsOfASetHaveNoGapsWhoeverWrites() async throws {
        try await withParts { parts in
            try await withThrowingTaskGroup { group in
                for writer in 0..<8 {
                    group.addTask { for _ in 0..<5 { try await parts.put("f\(writer % 3)", Self.onOff) } }
                }
                try await group.waitForAll()
            }
            let revisions = try await parts.store.revisions(limit: 100, in: parts.environment)
            #expect(revisions.map(\.setVersion) == (1...40).reversed().map { Int64($0) })
            #expect(try await parts.version() == 40)
        }
    }

    /// Of writers that expect the same version one wins.
    @Test func concurrentEditsAreToldApart() async throws {
        try await withParts { parts in
            try await parts.put("f", Self.onOff)
            let won = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 {
                    group.addTask { (try? await parts.put("f", Self.on, expected: 1)) != nil }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(won == 1)
            #expect(try await parts.version() == 2)
        }
    }

    @Test func numbersKeepTheirKind() async throws {
        try await withParts { parts in
            for (key, literals, type, written) in [
                ("i", "1, \"b\": 2", "integer", "1"), ("f", "1.0, \"b\": 2", "float", "1.0"),
                ("e", "1e2, \"b\": 2", "float", "100.0"), ("big", "9007199254740993", "integer", "9007199254740993"),
            ] {
                try await parts.put(
                    key, #"{"state": "ENABLED", "variants": {"a": \#(literals)}, "defaultVariant": "a"}"#)
                try await parts.loop.load()
                let flags = try #require(parts.loop.current.flags(parts.environment)?.compiled.all)
                let result = flags.evaluate(key, EvaluationContext(), at: 0)
                #expect(result.valueType?.rawValue == type && result.value?.text == written, "\(key)")
            }
        }
    }

    @Test func aDocumentIsImportedWholeAndExportedAsItWas() async throws {
        try await withParts { parts in
            try await parts.put("old", Self.onOff)
            let text = #"""
                {"$schema": "https://flagd.dev/schema/v0/flags.json", "metadata": {"team": "a"},
                 "$evaluators": {"paid": {"==": [{"var": "plan"}, "paid"]}},
                 "flags": {"f": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
                                 "targeting": {"if": [{"$ref": "paid"}, "on", "off"]}},
                           "g": {"state": "DISABLED", "variants": {"a": "x"}, "defaultVariant": "a"}}}
                """#
            let document = try CheckedFlagDocument(FlagDocument(parsing: Array(text.utf8)))
            func load(prunes: Bool) async throws -> TenantStore.FlagImport {
                try await parts.store.importFlags(document, prunes: prunes, into: parts.environment, by: parts.author)
            }
            #expect(try await load(prunes: false) == .init(version: 2, created: 2, changed: 0, archived: 0))
            #expect(try await load(prunes: false) == .init(version: 2, created: 0, changed: 0, archived: 0))
            #expect(try await load(prunes: true) == .init(version: 3, created: 0, changed: 0, archived: 1))
            #expect(try await parts.variant("f", ["plan": .string("paid")]) == "on")
            #expect(try await parts.variant("f") == "off")
            #expect(try await parts.variant("old") == nil)
            let exported = try #require(try await parts.store.flagSet(parts.environment)).document.json
            #expect(exported == (try JSONValue(parsing: Array(text.utf8))))
            await #expect(throws: FlagRefusal.stale) {
                try await parts.store.importFlags(
                    document, prunes: false, into: parts.environment, expected: 1, by: parts.author)
            }
        }
    }

    @Test func aSetKeepsItsBucketingAndItsEvaluatorsFitItsFlags() async throws {
        try await withParts { parts in
            let version = try await parts.store.putFlagSet(
                parts.environment, bucketing: .text, evaluators: [:], metadata: ["a": .bool(true)], expected: 0,
                by: parts.author)
            #expect(version == 1)
            await #expect(throws: FlagRefusal.bucketingIsFixed) {
                try await parts.store.putFlagSet(
                    parts.environment, bucketing: .cbor, evaluators: [:], metadata: [:], by: parts.author)
            }
            #expect(try await parts.store.flagSet(parts.environment)?.bucketing == .text)
            let stored = try await parts.store.flagSet(parts.environment)
            for (document, words) in [
                (#"{"evaluators": {"rollout/f": {}}}"#, "rollout"), (#"{"evaluators": []}"#, "evaluators"),
                (#"{"bucketing": 1}"#, "bucketing"), (#"{"what": 1}"#, "what"), ("[]", "object"),
            ] {
                let error = #expect(throws: InvalidDocument.self) {
                    _ = try FlagSetDraft(JSONValue(parsing: Array(document.utf8)), stored: stored)
                }
                #expect(error?.description.contains(words) == true, "\(document)")
            }
        }
    }

    @Test func limitsHold() async throws {
        try await withParts { parts in
            try await parts.put("f", Self.onOff)
            _ = try await parts.client.execute(
                Statement(
                    """
                    INSERT INTO sluice.flag (shard, tenant_id, environment, key, definition, value_type)
                    SELECT shard, tenant_id, environment, key || n, definition, value_type FROM sluice.flag, generate_series(1, 499) n
                    """))
            await #expect(throws: FlagRefusal.full) { try await parts.put("one-more", Self.onOff) }
            #expect(try await parts.store.flag("one-more", in: parts.environment) == nil)
            try await parts.put("f", Self.on)
            for number in 1..<Int(FlagEnvironment.limit) {
                try await parts.store.putFlagSet(
                    FlagEnvironment(tenant: parts.tenant.id, shard: parts.tenant.shard, name: "e\(number)"),
                    bucketing: .cbor, evaluators: [:], metadata: [:], by: parts.author)
            }
            await #expect(throws: FlagRefusal.tooManyEnvironments) {
                try await parts.store.putFlagSet(
                    FlagEnvironment(tenant: parts.tenant.id, shard: parts.tenant.shard, name: "more"),
                    bucketing: .cbor, evaluators: [:], metadata: [:], by: parts.author)
            }
        }
    }

    /// What a later version of the gateway has stored and this one can't read leaves the others as they are.
    @Test func aDefinitionThatCantBeReadDisturbsNoOther() async throws {
        try await withParts { parts in
            for key in ["f", "g"] { try await parts.put(key, Self.on) }
            _ = try await parts.client.execute(
                Statement(#"UPDATE sluice.flag SET definition = '{"state": "SOMETIMES"}' WHERE key = 'g'"#))
            try await parts.put("f", Self.on)
            #expect(try await parts.variant("f") == "on")
            #expect(try await parts.variant("g") == nil)
        }
    }

    @Test func aTenantThatIsDeletedLeavesNoFlags() async throws {
        try await withParts { parts in
            try await parts.put("f", Self.on)
            #expect(try await parts.variant("f") == "on")
            try await parts.store.setState(.deleting, of: "acme")
            _ = try await parts.client.execute(
                Statement("UPDATE sluice.tenant SET state_since = now() - interval '1 hour'"))
            try await eventually {
                let left = try await parts.client.execute(
                    Statement("SELECT sluice.remove_tenants(1000, interval '1 second')"))
                return try left.first?.decode(0, as: Int32.self) == 0
            }
            for table in ["flag", "flag_set", "flag_revision", "flag_use"] {
                let rows = try await parts.client.execute(Statement("SELECT count(*) FROM sluice.\(table)"))
                #expect(try rows.first?.decode(0, as: Int64.self) == 0, "\(table)")
            }
            #expect(try await parts.variant("f") == nil)
        }
    }

    @Test func usesAreCountedAndFlagsThatNobodyNeedsAreStale() async throws {
        try await withParts { parts in
            for key in ["used", "same", "never", "kept", "young"] { try await parts.put(key, Self.on) }
            let uses = FlagUses()
            try await parts.loop.load()
            let flags = try #require(parts.loop.current.flags(parts.environment)?.compiled.all)
            let results = ["used", "same"].map { flags.evaluate($0, EvaluationContext(), at: 0) }
            for _ in 0..<3 { uses.note(results, in: parts.environment, at: .now) }
            uses.note([flags.evaluate("unknown", EvaluationContext(), at: 0)], in: parts.environment, at: .now)
            let noting = Task {
                await UseLoop.flags(uses, parts.store, every: .milliseconds(10), logger: quiet).run()
            }
            try await eventually {
                try await parts.store.flagUsage(days: 30, in: parts.environment).contains { $0.evaluations == 3 }
            }
            noting.cancel()
            await noting.value
            _ = try await parts.client.execute(
                Statement(
                    """
                    UPDATE sluice.flag SET created_at = now() - interval '40 days', updated_at = now() - interval '40 days',
                           permanent = key = 'kept' WHERE key <> 'young'
                    """))
            _ = try await parts.client.execute(
                Statement(
                    """
                    INSERT INTO sluice.flag_use
                    SELECT shard, tenant_id, environment, key, day, 'off', 1, last_at FROM sluice.flag_use WHERE key = 'used'
                    """))
            let usage = try await parts.store.flagUsage(days: 30, in: parts.environment)
            #expect(
                Dictionary(uniqueKeysWithValues: usage.map { ($0.key, $0.stale ?? "no") }) == [
                    "used": "no", "same": "one_variant", "never": "not_evaluated", "kept": "no", "young": "no",
                ])
            #expect(usage.first { $0.key == "used" }?.evaluations == 4)
            #expect(usage.first { $0.key == "same" }?.variants == ["on"])
        }
    }

    @Test func countsOfUsesAreBounded() throws {
        let set = try FlagSet(
            FlagDocument(parsing: Array(#"{"flags": {"f": \#(Self.on)}}"#.utf8)))
        let (uses, evaluation) = (FlagUses(), set.evaluate("f", EvaluationContext(), at: 0))
        func note(_ number: Int) {
            uses.note([evaluation], in: FlagEnvironment(tenant: .new(), shard: 0, name: "e\(number)"), at: .now)
        }
        for number in 0..<FlagUses.limit { note(number) }
        note(-1)
        #expect(uses.take(.max).count == FlagUses.limit)
        note(-1)
        #expect(uses.take(.max).count == 1)
    }

    @Test(.timeLimit(.minutes(5))) func aChangeIsSeenWithinTenSecondsThoughNobodyTells() async throws {
        try await withParts { parts in
            try await parts.put("f", Self.onOff)
            let loop = SnapshotLoop(parts.store, logger: quiet)
            let running = Task { try await loop.run() }
            func variant() -> String? {
                loop.current.flags(parts.environment)?.compiled.all.evaluate("f", EvaluationContext(), at: 0).variant
            }
            try await eventually { variant() == "off" }
            try await parts.put("f", Self.on)
            try await eventually(within: .seconds(10)) { variant() == "on" }
            running.cancel()
        }
    }
}
